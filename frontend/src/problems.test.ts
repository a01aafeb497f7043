import { describe, expect, it } from 'vitest'
import { ago, exactly, problemsOf } from './problems'

const NOW = new Date('2026-11-27T12:00:00Z')

describe('the problems that a response tells of an entity', () => {
  it('have their messages, in its order, and since when they are there', () => {
    const problems = [
      { message: 'owner leads nowhere', since: '2026-11-24T08:15:30.25+00:00', remedy: null },
      { message: 'no lifecycle', since: null },
      { message: 'not asked' },
      { message: 'no instant', since: 'yesterday' },
    ]
    expect(problemsOf(JSON.stringify({ data: { entity: { problems } } }))).toEqual([
      { message: 'owner leads nowhere', since: new Date('2026-11-24T08:15:30.250Z') },
      { message: 'no lifecycle', since: null },
      { message: 'not asked', since: null },
      { message: 'no instant', since: null },
    ])
  })

  it.each([
    null,
    '',
    'not JSON "problems"',
    '{"problems": []}',
    '[]',
    'null "problems"',
    '{"data": null, "note": "problems"}',
    '{"data": {"entity": null, "problems": [{"message": "of all"}]}}',
    '{"data": {"entity": {"problems": null}}}',
    '{"data": {"entity": {"problems": [null, 7, {"remedy": "none"}]}}}',
  ])('are none in %j', (response) => {
    expect(problemsOf(response)).toEqual([])
  })
})

describe('how long ago an instant is', () => {
  it.each([
    ['2026-11-27T12:00:00Z', 'just now'],
    ['2026-11-27T11:59:01Z', 'just now'],
    ['2026-11-27T12:00:05Z', 'just now'],
    ['2026-11-27T11:59:00Z', '1 minute ago'],
    ['2026-11-27T11:00:01Z', '59 minutes ago'],
    ['2026-11-27T11:00:00Z', '1 hour ago'],
    ['2026-11-26T12:00:01Z', '23 hours ago'],
    ['2026-11-26T12:00:00Z', 'yesterday'],
    ['2026-11-24T08:15:30Z', '3 days ago'],
    ['2026-09-01T12:00:00Z', '2 months ago'],
    ['2025-11-01T12:00:00Z', 'last year'],
    ['2020-01-01T12:00:00Z', '6 years ago'],
  ])('%s is %s', (instant, told) => {
    expect(ago(new Date(instant), NOW)).toBe(told)
  })

  it('is told to the second, with the time zone', () => {
    expect(exactly(new Date('2026-11-24T08:15:30Z'))).toMatch(/2[345] November 2026 at \d\d:\d\d:30 [A-Z]/)
  })
})
