/** Which of a response's fields policies keep from this viewer. */

export interface HiddenField {
  /** `Type.field` where the gateway names it, else the path without list positions. */
  name: string
  /** How many places in the response it is missing from. */
  places: number
}

/** The fields that the JSON `response` reports as FORBIDDEN, most places first; none for anything unreadable. */
export function hiddenFields(response: string | null): HiddenField[] {
  const places = new Map<string, number>()
  for (const error of forbidden(response)) {
    const name = nameOf(error)
    if (name) places.set(name, (places.get(name) ?? 0) + 1)
  }
  return [...places].map(([name, count]) => ({ name, places: count })).sort((a, b) => b.places - a.places)
}

interface ForbiddenError {
  path?: unknown
  extensions: { code: 'FORBIDDEN'; coordinate?: unknown }
}

function forbidden(response: string | null): ForbiddenError[] {
  // Most responses are large and have none: don't parse those.
  if (!response?.includes('"FORBIDDEN"')) return []
  try {
    const { errors } = JSON.parse(response) as { errors?: unknown }
    return Array.isArray(errors) ? errors.filter(isForbidden) : []
  } catch {
    return []
  }
}

function isForbidden(error: unknown): error is ForbiddenError {
  return (error as { extensions?: { code?: unknown } } | null)?.extensions?.code === 'FORBIDDEN'
}

function nameOf({ path, extensions }: ForbiddenError): string {
  if (typeof extensions.coordinate === 'string') return extensions.coordinate
  return Array.isArray(path) ? path.filter((step) => typeof step === 'string').join('.') : ''
}
