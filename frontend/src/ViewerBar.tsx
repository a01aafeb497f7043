/** The bar above GraphiQL: which graph this is, who asks, sign-in, and the place for a token. */
import { Fragment, useEffect, useId, useRef, useState } from 'react'
import type { SubmitEvent } from 'react'
import mark from './mark.svg'
import { signIn, signOut, useSession } from './session'
import type { Session } from './session'
import { tokens } from './token'
import { useIdentity } from './viewer'
import type { Identity } from './viewer'

export function ViewerBar({ token }: { token: string | null }) {
  const identity = useIdentity(token)
  const session = useSession()
  const [editing, setEditing] = useState(false)
  const change = useRef<HTMLButtonElement>(null)

  function close() {
    setEditing(false)
    change.current?.focus()
  }

  return (
    <header className="bar">
      <h1 className="bar-name">
        <img src={mark} alt="" width="22" height="22" /> Callboard
      </h1>
      <p
        className="bar-viewer"
        role="status"
        data-state={identity.state}
        data-refused={identity.state === 'unknown' && token !== null}
      >
        <Who identity={identity} hasToken={token !== null} session={session} />
      </p>
      <div className="bar-token">
        {token === null && !editing && session?.signIn && <SignInButton session={session} />}
        {editing && <TokenForm onClose={close} />}
        <button
          ref={change}
          type="button"
          aria-expanded={editing}
          onClick={() => {
            setEditing(!editing)
          }}
        >
          {editing ? 'Cancel' : token === null ? 'Use a token' : 'Change token'}
        </button>
        {token !== null && !editing && (
          <button type="button" onClick={tokens.forget}>
            Forget token
          </button>
        )}
      </div>
    </header>
  )
}

/** Signs in with the provider, or out; the page is loaded anew either way. */
function SignInButton({ session }: { session: Session }) {
  const [failed, setFailed] = useState(false)

  async function leave() {
    if (await signOut()) window.location.reload()
    else setFailed(true)
  }

  if (!session.signedIn) {
    return (
      <button type="button" className="bar-primary" onClick={signIn}>
        Sign in
      </button>
    )
  }
  return (
    <>
      <button type="button" onClick={() => void leave()}>
        Sign out
      </button>
      {failed && (
        <p role="alert" className="bar-problem">
          You are still signed in: the gateway did not answer. Try again.
        </p>
      )}
    </>
  )
}

interface WhoProps {
  identity: Identity
  hasToken: boolean
  session: Session | null
}

function Who({ identity, hasToken, session }: WhoProps) {
  switch (identity.state) {
    case 'asking':
      return 'Asking who you are …'
    case 'unknown':
      if (hasToken) return `Your token was not accepted: ${identity.reason}`
      if (session?.signedIn) return `You are signed in, and may not see who you are: ${identity.reason}`
      return session?.signIn
        ? 'You are not signed in: sign in, or use a token, to see what you may read.'
        : 'No token: use one to see what you may read.'
    case 'known':
      return (
        <>
          You are <strong>{identity.viewer.subject}</strong>
          {identity.viewer.roles.map((role) => (
            <Fragment key={role}>
              {' '}
              <span className="bar-role">{role}</span>
            </Fragment>
          ))}
        </>
      )
  }
}

function TokenForm({ onClose }: { onClose: () => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()

  useEffect(() => {
    field.current?.focus()
  }, [])

  function submit(event: SubmitEvent) {
    event.preventDefault()
    const found = tokens.use(field.current?.value ?? '')
    setProblem(found)
    if (found === null) onClose()
    else field.current?.focus()
  }

  return (
    <form
      className="bar-form"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <label htmlFor={id}>Token</label>
      <input
        ref={field}
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="Paste a token: it stays in this tab"
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
      />
      <button type="submit" className="bar-primary">
        Use
      </button>
      <p id={`${id}-problem`} role="alert" className="bar-problem">
        {problem}
      </p>
    </form>
  )
}
