import { afterEach, describe, expect, it, vi } from 'vitest'
import { askSession, signOut } from './session'

const fetched = vi.fn<typeof fetch>()
vi.stubGlobal('fetch', fetched)

afterEach(() => {
  fetched.mockReset()
})

const asked = () => askSession(new AbortController().signal)

describe('the session', () => {
  it('is what the gateway says of this browser', async () => {
    fetched.mockResolvedValueOnce(new Response('{"signIn":true,"signedIn":false}'))
    await expect(asked()).resolves.toEqual({ signIn: true, signedIn: false })
    expect(fetched.mock.calls[0]).toMatchObject(['/auth/session', { credentials: 'same-origin', redirect: 'error' }])
  })

  it.each(['null', '[]', '{"signIn":"yes","signedIn":true}', '{}'])('is none for %s', async (body) => {
    fetched.mockResolvedValueOnce(new Response(body))
    await expect(asked()).resolves.toEqual({ signIn: false, signedIn: false })
  })

  it('ends with a request that only this page can make', async () => {
    fetched.mockResolvedValueOnce(new Response(null, { status: 204 }))
    await expect(signOut()).resolves.toBe(true)
    const [address, init] = fetched.mock.calls[0] ?? []
    expect(address).toBe('/auth/sign-out')
    expect(init?.method).toBe('POST')
    expect(new Headers(init?.headers).get('X-Callboard')).toBe('page')
  })

  it('is still there when the gateway did not answer, or refused', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    await expect(signOut()).resolves.toBe(false)
    fetched.mockResolvedValueOnce(new Response('{}', { status: 403 }))
    await expect(signOut()).resolves.toBe(false)
  })
})
