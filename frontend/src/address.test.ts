import { describe, expect, it, vi } from 'vitest'
import { takeTokenFromAddress } from './address'

function take(url: string) {
  const replaceState = vi.fn()
  const token = takeTokenFromAddress(new URL(url), { replaceState })
  return { token, replaceState }
}

describe('a token in the address’s fragment', () => {
  it.each(['http://localhost:8000', 'http://127.0.0.1:8000', 'http://127.10.0.9', 'http://[::1]:8000'])(
    'signs in on %s and leaves the address bar',
    (origin) => {
      const { token, replaceState } = take(`${origin}/graphql?operation=Page#token=a.b%2Bc`)
      expect(token).toBe('a.b+c')
      expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, '', '/graphql?operation=Page')
    },
  )

  it.each([
    'https://callboard.example',
    'https://localhost.example',
    'https://127.0.0.1.example',
    'http://10.0.0.1',
  ])('is only removed on %s, where a link could sign a reader in as someone else', (origin) => {
    const { token, replaceState } = take(`${origin}/graphql#token=abc`)
    expect(token).toBeNull()
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, '', '/graphql')
  })

  it('is not looked for in the query string, which reaches servers and logs', () => {
    const { token, replaceState } = take('http://localhost/graphql?token=abc')
    expect(token).toBeNull()
    expect(replaceState).not.toHaveBeenCalled()
  })

  it('leaves other fragments alone', () => {
    expect(take('http://localhost/graphql#section').replaceState).not.toHaveBeenCalled()
  })
})
