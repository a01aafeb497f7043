import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenStore, tokenProblem } from './token'

const TOKEN = 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl-_~+/=='

describe('the token store', () => {
  beforeEach(() => {
    sessionStorage.clear()
    localStorage.clear()
  })

  const store = () => createTokenStore(() => sessionStorage)

  it('starts without a token', () => {
    expect(store().current()).toBeNull()
  })

  it('keeps a token for this tab across a reload, and nowhere else', () => {
    store().use(TOKEN)
    expect(store().current()).toBe(TOKEN)
    expect(localStorage).toHaveLength(0)
    expect(document.cookie).toBe('')
  })

  it('takes a token with the space around it, and with the header it was copied from', () => {
    const tokens = store()
    for (const pasted of [`  ${TOKEN}\n`, `Bearer ${TOKEN}`, `Authorization: Bearer ${TOKEN}`]) {
      tokens.forget()
      expect(tokens.use(pasted)).toBeNull()
      expect(tokens.current()).toBe(TOKEN)
    }
  })

  it('forgets a token entirely', () => {
    const tokens = store()
    tokens.use(TOKEN)
    tokens.forget()
    expect(tokens.current()).toBeNull()
    expect(sessionStorage).toHaveLength(0)
  })

  it('keeps the token in use when the next one can’t be a token', () => {
    const tokens = store()
    tokens.use(TOKEN)
    expect(tokens.use('two words')).toContain('Paste the token alone')
    expect(tokens.current()).toBe(TOKEN)
  })

  it('tells its listeners of a change until they leave', () => {
    const tokens = store()
    const listener = vi.fn()
    const leave = tokens.subscribe(listener)
    tokens.use(TOKEN)
    tokens.forget()
    leave()
    tokens.use(TOKEN)
    expect(listener).toHaveBeenCalledTimes(2)
  })

  it('works for as long as the page where the browser refuses storage', () => {
    const tokens = createTokenStore(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    expect(tokens.use(TOKEN)).toBeNull()
    expect(tokens.current()).toBe(TOKEN)
  })
})

describe('what can’t be a token', () => {
  it.each([
    ['nothing', '   ', 'Paste a token first'],
    ['a header alone', 'Authorization: Bearer ', 'Paste a token first'],
    ['quotes', `"${TOKEN}"`, 'without quotes'],
    ['two lines', 'abc\ndef', 'line breaks'],
    ['another header smuggled in', 'abc\r\nX-Role: admin', 'line breaks'],
    ['a whole file', 'a'.repeat(8193), '8193 characters'],
  ])('%s', (_what, text, problem) => {
    expect(tokenProblem(text)).toContain(problem)
  })
})
