// Reads the board the way its users do, through /api/pipelines, page after page.

export type BoardRow = {
  readonly repository: string
  readonly issue: number
  readonly stage: string
  readonly light: string
  readonly health: string
  readonly held: boolean
  readonly reason: string
  readonly waiting: { readonly for: string; readonly until: string | null } | null
  readonly revision: number
}

export type BoardPage = {
  readonly verdict: string
  readonly counts: Readonly<Record<'running' | 'review' | 'queued' | 'failed' | 'held' | 'needsYou', number>>
  readonly pipelines: readonly BoardRow[]
  readonly next: string | null
  readonly asOf: string
}

export const LIGHTS = ['running', 'review', 'queued', 'failed', 'done', 'idle'] as const
export const COUNTED_LIGHTS = ['running', 'review', 'queued', 'failed'] as const

/** One page; throws on anything but 200. */
export async function readBoardPage(url: string, query: Readonly<Record<string, string>> = {}): Promise<BoardPage> {
  const answer = await fetch(`${url}/api/pipelines?${new URLSearchParams(query)}`)
  if (answer.status !== 200) throw new Error(`/api/pipelines answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as BoardPage
}

/** Every row of one light. */
async function readLight(url: string, light: string): Promise<readonly BoardRow[]> {
  const rows: BoardRow[] = []
  let after: string | null = null
  do {
    const page: BoardPage = await readBoardPage(url, { light, ...(after !== null && { after }) })
    rows.push(...page.pipelines)
    after = page.next
  } while (after !== null)
  return rows
}

/** Every pipeline, including done and idle ones. */
export async function readAllRows(url: string): Promise<readonly BoardRow[]> {
  return (await Promise.all(LIGHTS.map((light) => readLight(url, light)))).flat()
}

/** The numbers of the issues on the board, in order. */
export async function issuesOnBoard(url: string): Promise<readonly number[]> {
  return (await readAllRows(url)).map(({ issue }) => issue).toSorted((a, b) => a - b)
}
