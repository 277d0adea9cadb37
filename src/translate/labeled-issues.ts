// Issues as GitHub lists them by label, and who put a label on one of them.
import { z } from 'zod'
import type { IssueFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type Account, account, type ReadReceipt, readPayload, timestamp } from './fields.ts'
import { issueFactOf, issueFields } from './issues.ts'

/** Who put the label on an issue last, and when. */
export type LabelingRead = { readonly by: Account; readonly at: Instant }

const listed = z.array(issueFields.extend({ pull_request: z.unknown().optional() }))
const events = z.array(
  z.object({ event: z.string().nullish(), label: z.unknown(), actor: z.unknown(), created_at: z.unknown() }),
)
const labeled = z.object({ label: z.object({ name: z.string() }), actor: account, created_at: timestamp })

/** Pull requests are left out: GitHub lists them as issues. */
export function translateLabeledIssues(items: readonly unknown[], evidence: ReadReceipt): readonly IssueFact[] {
  return readPayload(listed, items)
    .filter(({ pull_request }) => pull_request === undefined || pull_request === null)
    .map((issue) => issueFactOf(issue, evidence))
}

/** Null if no event says who did it: labels may be older than the events that GitHub has. */
export function translateLabeling(items: readonly unknown[], label: string): LabelingRead | null {
  const all = readPayload(events, items)
    .filter(({ event }) => event === 'labeled')
    .flatMap((event) => labeled.safeParse(event).data ?? [])
    .filter(({ label: { name } }) => name.toLowerCase() === label.toLowerCase())
    .map(({ actor: by, created_at: at }) => ({ by, at }))
  return all.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? null
}
