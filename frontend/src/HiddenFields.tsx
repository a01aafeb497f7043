/** One quiet line under the response: what policies hide from this viewer in it. */
import { useGraphiQL } from '@graphiql/react'
import { Fragment, useMemo } from 'react'
import { hiddenFields } from './hidden'

const NAMED = 4

export function HiddenFields() {
  const response = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response ?? null)
  const fields = useMemo(() => hiddenFields(response), [response])
  if (fields.length === 0) return null
  return (
    <p className="hidden-fields" role="note">
      {fields.length === 1 ? '1 field is' : `${fields.length} fields are`} hidden from you:{' '}
      {fields.slice(0, NAMED).map(({ name, places }, index) => (
        <Fragment key={name}>
          {index > 0 && ', '}
          <code>{name}</code>
          {places > 1 && ` ×${places}`}
        </Fragment>
      ))}
      {fields.length > NAMED && ` and ${fields.length - NAMED} more`}
    </p>
  )
}
