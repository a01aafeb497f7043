/** Breaks the operation's long lines, so that none runs on below the editor's buttons. */
import { useGraphiQL } from '@graphiql/react'
import { useEffect } from 'react'

export function WrapOperation() {
  const editor = useGraphiQL((state) => state.queryEditor)
  useEffect(() => {
    editor?.updateOptions({ wordWrap: 'on', wrappingIndent: 'indent' })
  }, [editor])
  return null
}
