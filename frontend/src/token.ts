/** The token that every request carries: kept for this tab only, in sessionStorage, and never in an address. */

const KEY = 'callboard.token'
const LONGEST = 8192

/** RFC 6750's b64token: what may stand after `Bearer `. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/

export type TokenStore = ReturnType<typeof createTokenStore>

/**
 * Why `text` can't be a token, or null if it can be one. Whether the gateway accepts it, only the gateway knows.
 */
export function tokenProblem(text: string): string | null {
  const token = bare(text)
  if (token === '')
    return 'Paste a token first: make run prints one per role, and callboard token create makes one.'
  if (token.length > LONGEST) {
    return `This is ${token.length} characters long; a token has at most ${LONGEST}. Paste the token alone.`
  }
  if (!BEARER.test(token)) {
    return 'This has characters that no token has. Paste the token alone, without quotes, spaces or line breaks.'
  }
  return null
}

/** A store over `storage`; where the browser refuses storage, the token lives as long as the page. */
export function createTokenStore(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
  const listeners = new Set<() => void>()
  let token = attempt(() => storage().getItem(KEY))

  function change(next: string | null): void {
    token = next
    attempt(() => {
      if (next === null) storage().removeItem(KEY)
      else storage().setItem(KEY, next)
    })
    for (const listener of listeners) listener()
  }

  return {
    /** The token in use, or null for a viewer without one. */
    current: (): string | null => token,
    /** Uses `text` from now on; returns why it can't be a token, or null when it is in use. */
    use: (text: string): string | null => {
      const problem = tokenProblem(text)
      if (problem === null) change(bare(text))
      return problem
    },
    forget: (): void => {
      change(null)
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The page's one token. */
export const tokens = createTokenStore(() => window.sessionStorage)

function bare(text: string): string {
  return text.trim().replace(/^(authorization:\s*)?bearer(\s+|$)/i, '')
}

function attempt<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null // storage switched off by the browser's settings
  }
}
