/**
 * The token in a link's fragment, `/graphql#token=...`, as `make run` prints it.
 *
 * Is that safe? A fragment is never sent to a server or in a Referer, and it is taken out of the address bar (and
 * of this tab's history entry) before any other code runs. Two risks stay, and both are why a link may sign in on
 * a loopback address only, where tokens are the demo's own and live for hours:
 *
 * - a browser may keep the address as it was typed or clicked in its own list of visited pages;
 * - a link is something that others can send: on a real gateway it could silently sign a reader in as someone else.
 *
 * Everywhere else the fragment is still removed, and ignored: paste the token into the bar instead.
 */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Takes `token` out of the address's fragment; returns it where a link may sign in, null otherwise. */
export function takeTokenFromAddress(
  location: Pick<Location, 'hash' | 'hostname' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const token = fragment.get('token')
  if (token === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  return LOOPBACK.test(location.hostname) ? token : null
}
