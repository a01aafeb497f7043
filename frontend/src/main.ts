/** The page's first code: takes a token out of the address bar, then loads the rest. */
import { takeTokenFromAddress } from './address'
import { tokens } from './token'

function signInFromAddress(): void {
  const token = takeTokenFromAddress(window.location, window.history)
  if (token) tokens.use(token)
}

// Before anything else runs, so that no other code, link or screenshot ever sees the token's address.
signInFromAddress()
window.addEventListener('hashchange', signInFromAddress)

const { showPage } = await import('./Page')
showPage(document.getElementById('page') as HTMLElement)
