/** GraphiQL's panel of example queries, grouped by the plugin whose fields they show. */
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import type { GraphiQLPlugin } from '@graphiql/react'
import { useEffect, useState } from 'react'
import { examples, groupByPlugin } from './examples'
import type { Example } from './examples'

export const examplesPlugin: GraphiQLPlugin = { title: 'Examples', icon: Icon, content: ExamplesPanel }

function ExamplesPanel() {
  const open = useOpenInTab()
  return (
    <section className="examples" aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      {groupByPlugin(examples).map(({ plugin, examples }) => (
        <div key={plugin}>
          <h2>{plugin}</h2>
          <ul>
            {examples.map((example) => (
              <li key={example.title}>
                <button
                  type="button"
                  className="graphiql-un-styled"
                  onClick={() => {
                    open(example)
                  }}
                >
                  <strong>{example.title}</strong>
                  <span>{example.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}

/** Opens an example in a tab of its own, or in the one in front if that is empty: nobody's query is overwritten. */
function useOpenInTab(): (example: Example) => void {
  const actions = useGraphiQLActions()
  const editor = useGraphiQL((state) => state.queryEditor)
  const tabs = useGraphiQL((state) => state.tabs.length)
  const [next, setNext] = useState<{ query: string; tabs: number } | null>(null)

  // A new tab fills the editor with its own (empty) text first; the example's goes in once that tab is there.
  useEffect(() => {
    if (next?.tabs === tabs) editor?.setValue(next.query)
  }, [next, tabs, editor])

  return ({ query }) => {
    const free = !editor?.getValue().trim()
    if (!free) actions.addTab()
    setNext({ query, tabs: free ? tabs : tabs + 1 })
    editor?.focus()
  }
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M5 3.5h14v17l-7-4.5-7 4.5z" strokeLinejoin="round" />
      <path d="M8.5 8h7M8.5 11.5h5" strokeLinecap="round" />
    </svg>
  )
}
