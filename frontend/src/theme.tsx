/** Keeps the editors' colours with the system's while the reader leaves GraphiQL's theme switch on "System". */
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import { useEffect } from 'react'

export function FollowSystemTheme() {
  const theme = useGraphiQL((state) => state.theme)
  const { setTheme } = useGraphiQLActions()
  useEffect(() => {
    if (theme !== null) return
    const dark = window.matchMedia('(prefers-color-scheme: dark)')
    function follow() {
      setTheme(null)
    }
    dark.addEventListener('change', follow)
    return () => {
      dark.removeEventListener('change', follow)
    }
  }, [theme, setTheme])
  return null
}
