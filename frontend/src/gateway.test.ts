import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFetcher } from './fetcher'
import { ask, watch } from './gateway'
import { identify } from './viewer'

interface Running {
  subscribe(observer: object): { unsubscribe(): void }
}

const fetched = vi.fn<typeof fetch>()
vi.stubGlobal('fetch', fetched)

afterEach(() => {
  fetched.mockReset()
})

function answer(body: string, init: ResponseInit = {}) {
  fetched.mockResolvedValueOnce(new Response(body, init))
}

describe('asking the gateway', () => {
  it('posts to this origin, with the token in the header alone and no cookies', async () => {
    answer('{"data":{"a":1}}')
    await expect(ask({ query: '{ a }' }, 'secret')).resolves.toEqual({ data: { a: 1 } })
    const [address, init] = fetched.mock.calls[0] ?? []
    expect(address).toBe('/graphql')
    expect(init).toMatchObject({
      method: 'POST',
      credentials: 'omit',
      redirect: 'error',
      body: '{"query":"{ a }"}',
    })
    expect(new Headers(init?.headers).get('Authorization')).toBe('Bearer secret')
  })

  it('asks with the session where there is no token, and shows that this page asks', async () => {
    answer('{}')
    await ask({ query: '{ a }' }, null)
    const init = fetched.mock.calls[0]?.[1]
    expect(init).toMatchObject({ credentials: 'same-origin', redirect: 'error' })
    expect(new Headers(init?.headers).has('Authorization')).toBe(false)
    expect(new Headers(init?.headers).get('X-Callboard')).toBe('page')
  })

  it('passes on the gateway’s own errors, whatever the status', async () => {
    answer('{"errors":[{"message":"This token has expired."}]}', { status: 401 })
    await expect(ask({ query: '{ a }' }, 'old')).resolves.toEqual({
      errors: [{ message: 'This token has expired.' }],
    })
  })

  it('says what answered instead of JSON', async () => {
    answer('<h1>Bad gateway</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } })
    const { errors } = await ask({ query: '{ a }' }, null)
    expect(errors?.[0]?.message).toContain('answered 502 with text/html instead of JSON')
  })

  it('says that the gateway did not answer', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    const { errors } = await ask({ query: '{ a }' }, null)
    expect(errors?.[0]?.message).toContain('did not answer')
  })
})

describe('watching the gateway', () => {
  const results = vi.fn()
  const events = (...bodies: string[]) =>
    bodies.map((body) => `event: next\ndata: ${body}\n\n`).join(':\n\n') + 'event: complete\ndata:\n\n'

  afterEach(() => {
    results.mockReset()
  })

  it('gives every result, asked for with the token in the header alone and no cookies', async () => {
    answer(events('{"data":{"a":1}}', '{"data":{"a":2}}'), { headers: { 'Content-Type': 'text/event-stream' } })
    await watch({ query: 'subscription { a }' }, 'secret', { next: results })
    expect(results.mock.calls).toEqual([[{ data: { a: 1 } }], [{ data: { a: 2 } }]])
    const [address, init] = fetched.mock.calls[0] ?? []
    expect(address).toBe('/graphql')
    expect(init).toMatchObject({ method: 'POST', credentials: 'omit', redirect: 'error' })
    const headers = new Headers(init?.headers)
    expect([headers.get('Authorization'), headers.has('X-Callboard')]).toEqual(['Bearer secret', false])
    expect(headers.get('Accept')).toContain('text/event-stream')
  })

  it('uses the session where there is no token', async () => {
    answer(events(), { headers: { 'Content-Type': 'text/event-stream' } })
    await watch({ query: 'subscription { a }' }, null, { next: results })
    const init = fetched.mock.calls[0]?.[1]
    expect(init).toMatchObject({ credentials: 'same-origin' })
    expect(new Headers(init?.headers).get('X-Callboard')).toBe('page')
  })

  it('passes on why there are no events', async () => {
    answer('{"errors":[{"message":"This token has expired."}]}', { status: 401 })
    await watch({ query: 'subscription { a }' }, 'old', { next: results })
    expect(results.mock.calls).toEqual([[{ errors: [{ message: 'This token has expired.' }] }]])
  })

  it('says that the gateway broke it off', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    await watch({ query: 'subscription { a }' }, null, { next: results })
    expect(JSON.stringify(results.mock.calls)).toContain('broke the subscription off')
  })
})

describe('who am I', () => {
  const identity = () => identify('token', new AbortController().signal)

  it('is the gateway’s answer', async () => {
    answer('{"data":{"viewer":{"subject":"user:default/ada","roles":["platform"]}}}')
    await expect(identity()).resolves.toEqual({
      state: 'known',
      viewer: { subject: 'user:default/ada', roles: ['platform'] },
    })
  })

  it.each([
    ['{"data":null,"errors":[{"message":"This token has expired."}]}', 'This token has expired.'],
    ['{"data":{"viewer":null}}', 'The gateway did not say who this is.'],
    ['{"data":{"viewer":{"subject":1,"roles":"all"}}}', 'The gateway did not say who this is.'],
  ])('is unknown, with the reason, for %s', async (body, reason) => {
    answer(body)
    await expect(identity()).resolves.toEqual({ state: 'unknown', reason })
  })
})

describe('GraphiQL’s fetcher', () => {
  it('aborts the request when GraphiQL stops it, and says nothing more', async () => {
    let signal: AbortSignal | null | undefined
    fetched.mockImplementationOnce((_address, init) => {
      signal = init?.signal
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new DOMException('stopped', 'AbortError'))
        })
      })
    })
    const observer = { next: vi.fn(), error: vi.fn(), complete: vi.fn() }
    const running = createFetcher('token')({ query: '{ a }' }) as unknown as Running
    running.subscribe(observer).unsubscribe()
    await Promise.resolve()
    expect(signal?.aborted).toBe(true)
    for (const told of Object.values(observer)) expect(told).not.toHaveBeenCalled()
  })
})
