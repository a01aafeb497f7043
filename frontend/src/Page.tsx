/** The page: the viewer's bar over GraphiQL with its explorer, docs, history, and our examples. */
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history'
import { GraphiQLProvider } from '@graphiql/react'
import { GraphiQL, GraphiQLInterface } from 'graphiql'
import { StrictMode, useMemo, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import './workers'
import './styles'
import { examples } from './examples'
import { examplesPlugin } from './ExamplesPanel'
import { preparedFor } from './entity'
import { createFetcher } from './fetcher'
import { HiddenFields } from './HiddenFields'
import { defaultFieldNames } from './leaves'
import { Problems } from './Problems'
import { FollowSystemTheme } from './theme'
import { tokens } from './token'
import { ViewerBar } from './ViewerBar'
import { WrapOperation } from './wrapping'

const explorer = explorerPlugin({ showAttribution: false, getDefaultFieldNames: defaultFieldNames })
const plugins = [DOC_EXPLORER_PLUGIN, examplesPlugin, explorer, HISTORY_PLUGIN]

/** Shows the page in `element`. */
export function showPage(element: HTMLElement): void {
  createRoot(element).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  )
}

function Page() {
  const token = useSyncExternalStore(tokens.subscribe, tokens.current)
  // A new viewer gets a new page: nothing of the last one's schema or answers stays in it.
  return <Graph key={token} token={token} />
}

function Graph({ token }: { token: string | null }) {
  const fetcher = useMemo(() => createFetcher(token), [token])
  return (
    <>
      <ViewerBar token={token} />
      <main>
        <GraphiQLProvider
          fetcher={fetcher}
          plugins={plugins}
          referencePlugin={DOC_EXPLORER_PLUGIN}
          getDefaultFieldNames={defaultFieldNames}
          defaultQuery={examples[0]?.query ?? ''}
          {...preparedFor(window.location)}
          inputValueDeprecation
          schemaDescription
        >
          <HistoryStore>
            <DocExplorerStore>
              <FollowSystemTheme />
              <WrapOperation />
              <GraphiQLInterface showPersistHeadersSettings={false}>
                <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
                <GraphiQL.Footer>
                  <Problems />
                  <HiddenFields />
                </GraphiQL.Footer>
              </GraphiQLInterface>
            </DocExplorerStore>
          </HistoryStore>
        </GraphiQLProvider>
      </main>
    </>
  )
}
