/** Every style sheet in its order: fonts and parts of GraphiQL first, the page's own last. */
import '@graphiql/react/font/roboto.css'
import '@graphiql/react/font/fira-code.css'
import '@graphiql/react/style.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import 'graphiql/graphiql.css'
import '@graphiql/plugin-explorer/style.css'
import './page.css'
