import { describe, expect, it } from 'vitest'
import { hiddenFields } from './hidden'

function response(...errors: unknown[]): string {
  return JSON.stringify({ data: {}, errors }, null, 2)
}

function forbidden(path: (string | number)[], extensions: object = {}) {
  return { message: 'No.', path, extensions: { code: 'FORBIDDEN', ...extensions } }
}

describe('the fields that a response says are hidden', () => {
  it('are named by coordinate, with the number of places, most first', () => {
    const cost = { coordinate: 'Component.cost' }
    expect(
      hiddenFields(
        response(
          forbidden(['components', 'nodes', 0, 'owner', 'email'], { coordinate: 'User.email' }),
          forbidden(['components', 'nodes', 0, 'cost'], cost),
          forbidden(['components', 'nodes', 1, 'cost'], cost),
        ),
      ),
    ).toEqual([
      { name: 'Component.cost', places: 2 },
      { name: 'User.email', places: 1 },
    ])
  })

  it('are named by path, without list positions, where the gateway names no coordinate', () => {
    expect(hiddenFields(response(forbidden(['components', 'nodes', 7, 'cost'])))).toEqual([
      { name: 'components.nodes.cost', places: 1 },
    ])
  })

  it('do not include fields that failed for another reason', () => {
    const failed = { message: 'Down.', path: ['a'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }
    expect(hiddenFields(response(failed, { message: 'FORBIDDEN' }, null, forbidden(['b'])))).toEqual([
      { name: 'b', places: 1 },
    ])
  })

  it.each([
    null,
    '',
    'not JSON "FORBIDDEN"',
    '{"errors": "FORBIDDEN"}',
    '[]',
    '{"data": {"note": "FORBIDDEN"}}',
  ])('are none in %j', (text) => {
    expect(hiddenFields(text)).toEqual([])
  })
})
