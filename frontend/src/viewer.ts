/** Who the gateway takes this page's token for. */
import { useEffect, useState } from 'react'
import { ask } from './gateway'

export interface Viewer {
  subject: string
  roles: string[]
}

/** What is known about the viewer: being asked, known, or why it can't be known. */
export type Identity =
  { state: 'asking' } | { state: 'known'; viewer: Viewer } | { state: 'unknown'; reason: string }

const WHO_AM_I = 'query WhoAmI { viewer { subject roles } }'

/** Asks the gateway who `token` belongs to. */
export async function identify(token: string | null, signal: AbortSignal): Promise<Identity> {
  const { data, errors } = await ask({ query: WHO_AM_I }, token, { signal })
  const viewer: unknown = data?.['viewer']
  if (isViewer(viewer))
    return { state: 'known', viewer: { subject: viewer.subject, roles: viewer.roles ?? [] } }
  return { state: 'unknown', reason: errors?.[0]?.message ?? 'The gateway did not say who this is.' }
}

/** The identity of `token`'s viewer; the component that uses this is made anew for each token. */
export function useIdentity(token: string | null): Identity {
  const [identity, setIdentity] = useState<Identity>({ state: 'asking' })
  useEffect(() => {
    const abort = new AbortController()
    identify(token, abort.signal).then(setIdentity, () => {
      // aborted: another token is in use by now
    })
    return () => {
      abort.abort()
    }
  }, [token])
  return identity
}

function isViewer(value: unknown): value is { subject: string; roles: string[] | null } {
  if (typeof value !== 'object' || value === null || !('subject' in value) || !('roles' in value))
    return false
  return typeof value.subject === 'string' && (value.roles === null || Array.isArray(value.roles))
}
