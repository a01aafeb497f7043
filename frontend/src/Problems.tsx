/** Under the response of a query of one entity: what is wrong with it, and how long ago the catalog first saw that. */
import { useGraphiQL } from '@graphiql/react'
import { useEffect, useMemo, useState } from 'react'
import { ago, exactly, problemsOf } from './problems'

const TOLD = 4
const MINUTE = 60_000

export function Problems() {
  const response = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response ?? null)
  const problems = useMemo(() => problemsOf(response), [response])
  if (problems.length === 0) return null
  return (
    <section className="problems" aria-label="Problems of this entity">
      <ul>
        {problems.slice(0, TOLD).map(({ message, since }, index) => (
          <li key={index}>
            {message}
            {since && (
              <span>
                {' · first seen '}
                <Since instant={since} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {problems.length > TOLD && <p>and {problems.length - TOLD} more</p>}
    </section>
  )
}

/** How long ago an instant is; its title, which the keyboard reaches too, has the instant itself. */
function Since({ instant }: { instant: Date }) {
  const now = useNow()
  return (
    <time dateTime={instant.toISOString()} title={exactly(instant)} tabIndex={0}>
      {ago(instant, now)}
    </time>
  )
}

/** The present, a minute at a time. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(new Date())
    }, MINUTE)
    return () => {
      clearInterval(timer)
    }
  }, [])
  return now
}
