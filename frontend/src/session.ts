/** Sign-in with the company's provider: the gateway keeps the session in a cookie that this page can't read. */
import { useEffect, useState } from 'react'
import { OWN_PAGE } from './gateway'

export interface Session {
  /** Whether this gateway has a provider to sign in with. */
  signIn: boolean
  /** Whether this browser is signed in. */
  signedIn: boolean
}

const NONE: Session = { signIn: false, signedIn: false }

/** What the gateway says of this browser; without an answer there is no sign-in. */
export async function askSession(signal: AbortSignal): Promise<Session> {
  const response = await fetch('/auth/session', { credentials: 'same-origin', redirect: 'error', signal })
  const said: unknown = await response.json()
  return isSession(said) ? said : NONE
}

/** The session, once it is known; null before. */
export function useSession(): Session | null {
  const [session, setSession] = useState<Session | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    askSession(abort.signal).then(setSession, () => {
      if (!abort.signal.aborted) setSession(NONE)
    })
    return () => {
      abort.abort()
    }
  }, [])
  return session
}

/** Leaves for the provider, which sends the browser back. */
export function signIn(): void {
  window.location.assign('/auth/sign-in')
}

/** Ends the session; whether that worked. */
export async function signOut(): Promise<boolean> {
  try {
    const answer = await fetch('/auth/sign-out', {
      method: 'POST',
      headers: OWN_PAGE,
      credentials: 'same-origin',
      redirect: 'error',
    })
    return answer.ok
  } catch {
    return false
  }
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null || !('signIn' in value) || !('signedIn' in value)) return false
  return typeof value.signIn === 'boolean' && typeof value.signedIn === 'boolean'
}
