import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { preparedFor } from './entity'

describe('an entity in the address', () => {
  it('is the variable of a query of it', () => {
    const prepared = preparedFor({ search: '?entity=component:default/web' })
    expect(JSON.parse(prepared?.initialVariables ?? '')).toEqual({ ref: 'component:default/web' })
    expect(parse(prepared?.initialQuery ?? '').definitions).toHaveLength(1)
    expect(prepared?.initialQuery).not.toContain('web')
  })

  it.each(['', '?entity=', '?entity=web', '?entity=a:b/c%22', '?entity=a:b/c/d', '?entity=a:b/%0A', `?entity=a:b/${'c'.repeat(64)}`])(
    'is none in %s',
    (search) => {
      expect(preparedFor({ search })).toBeUndefined()
    },
  )
})
