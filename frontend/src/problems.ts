/** What a response says is wrong with the entity that was asked for, and since when. */

export interface Problem {
  message: string
  /** When the catalog first had it; null where it doesn't say. */
  since: Date | null
}

/** The problems of `entity` in the JSON `response`, in its order; none for anything unreadable. */
export function problemsOf(response: string | null): Problem[] {
  // Most responses are large and have none: don't parse those.
  if (!response?.includes('"problems"')) return []
  try {
    const { data } = JSON.parse(response) as { data?: { entity?: { problems?: unknown } | null } | null }
    const problems = data?.entity?.problems
    return Array.isArray(problems) ? problems.filter(isProblem).map(read) : []
  } catch {
    return []
  }
}

function isProblem(value: unknown): value is { message: string; since?: unknown } {
  return typeof (value as { message?: unknown } | null)?.message === 'string'
}

function read({ message, since }: { message: string; since?: unknown }): Problem {
  const instant = typeof since === 'string' ? new Date(since) : null
  return { message, since: instant && !Number.isNaN(instant.getTime()) ? instant : null }
}

const SECONDS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const EXACT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' })

/** How long ago an instant is, by the largest unit that it fills: "3 days ago"; "just now" within a minute, and if clocks differ. */
export function ago(instant: Date, now: Date): string {
  const seconds = (now.getTime() - instant.getTime()) / 1000
  const filled = SECONDS.find(([, length]) => seconds >= length)
  return filled ? RELATIVE.format(-Math.floor(seconds / filled[1]), filled[0]) : 'just now'
}

/** The instant to the second, in the reader's time zone, which it names. */
export function exactly(instant: Date): string {
  return EXACT.format(instant)
}
