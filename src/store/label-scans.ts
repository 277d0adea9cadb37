// Which repository is read next for open issues with its start label. A claim expires by itself.
import { type SqlBool, sql } from 'kysely'
import type { Line } from '../line/line.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'
import { ACTIVE_LIGHTS } from './holds.ts'
import { isReached, isUnblocked } from './reach.ts'
import type { RepairTables } from './repair-tables.ts'

type LabelScanRow = RepairTables['labelScans']

/** A repository whose issues are to be listed, and what is known of the last list. */
export type DueLabelScan = {
  readonly id: number
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly installationId: number
  /** Null where only commands start an issue. */
  readonly label: string | null
  readonly hasFile: boolean
  /** What was labelled before is left alone. */
  readonly notBefore: Instant | null
  readonly etag: string | null
  readonly listedSince: Instant | null
  /** Null before the first scan for this label, and after there was no file. */
  readonly scannedAt: Instant | null
}

/** Longer than a scan's requests may take. */
const CLAIM_MS = 5 * 60_000

/**
 * Claims the repository that is due for longest; one that was never scanned is due, and so is one with another label, or with
 * a file at last. `notBefore` is for what is new and has no file. Null when none is due.
 */
export async function claimLabelScan(
  { kysely }: Database,
  {
    now,
    defaultLabel,
    notBefore,
  }: { readonly now: Instant; readonly defaultLabel: Line['startLabel']; readonly notBefore: Instant },
): Promise<DueLabelScan | null> {
  const label = sql<string | null>`case when repositories.configuration is null then ${defaultLabel}
    else repositories.configuration ->> 'startLabel' end`
  const hasFile = sql<boolean>`(repositories.configuration is not null)`
  const isSame = sql<SqlBool>`(label_scans.label is not distinct from ${label} and label_scans.has_file = ${hasFile})`
  const row = await kysely
    .selectFrom('repositories')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
    .leftJoin('labelScans', 'labelScans.repositoryId', 'repositories.id')
    .select(['repositories.id', 'fullName', 'private', 'defaultBranch', 'repositories.installationId'])
    .select([label.as('label'), hasFile.as('hasFile'), sql<boolean>`coalesce(${isSame}, false)`.as('isSame')])
    .select(['etag', 'listedSince', 'scannedAt', 'notBefore'])
    .where(isReached)
    .where(isUnblocked(now))
    .where(sql<SqlBool>`(label_scans.repository_id is null
      or ((not ${isSame} or label_scans.due_at <= ${now}) and label_scans.claimed_until <= ${now}))`)
    .orderBy(sql`label_scans.due_at nulls first`)
    .orderBy('repositories.id')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return null
  const { isSame: isKnown, ...due } = row
  const fresh = { etag: null, listedSince: null, scannedAt: null, notBefore: due.hasFile ? null : notBefore }
  const next = isKnown ? due : { ...due, ...fresh }
  const claimedUntil = millisecondsAfter(now, CLAIM_MS)
  const claim = { label: due.label, hasFile: due.hasFile, dueAt: now, claimedUntil, ...(!isKnown && fresh) }
  const claimed = await kysely
    .insertInto('labelScans')
    .values({ repositoryId: due.id, ...claim })
    .onConflict((conflict) =>
      conflict.column('repositoryId').doUpdateSet(claim).where(sql<boolean>`label_scans.claimed_until <= ${now}`),
    )
    .returning('repositoryId')
    .executeTakeFirst()
  return claimed === undefined ? null : next
}

/** Saves what a scan came to, and ends its claim. */
export async function saveLabelScan(
  { kysely }: Database,
  repositoryId: number,
  change: Partial<Pick<LabelScanRow, 'dueAt' | 'etag' | 'listedSince' | 'scannedAt' | 'error'>>,
): Promise<void> {
  await kysely
    .updateTable('labelScans')
    .set({ ...change, claimedUntil: sql<Instant>`'-infinity'` })
    .where('repositoryId', '=', repositoryId)
    .execute()
}

/** Counts an issue that was found. */
export async function countLabelFound({ kysely }: Database, repositoryId: number, at: Instant): Promise<void> {
  await kysely
    .updateTable('labelScans')
    .set({ found: sql<number>`found + 1`, foundAt: at })
    .where('repositoryId', '=', repositoryId)
    .execute()
}

/** Lets every repository be scanned now: what GitHub sent meanwhile may be lost. */
export async function bringLabelScansForward({ kysely }: Pick<Database, 'kysely'>, now: Instant): Promise<void> {
  await kysely.updateTable('labelScans').set({ dueAt: now }).where('dueAt', '>', now).execute()
}

/** Those of the issues that are not on the line. */
export async function listIssuesOffLine(
  { kysely }: Database,
  repositoryId: number,
  numbers: readonly number[],
): Promise<readonly number[]> {
  if (numbers.length === 0) return []
  const rows = await kysely
    .selectFrom('pipelines')
    .select('issueNumber')
    .where('repositoryId', '=', repositoryId)
    .where('issueNumber', 'in', numbers)
    .execute()
  const onLine = new Set(rows.map(({ issueNumber }) => issueNumber))
  return numbers.filter((number) => !onLine.has(number))
}

/** Does the repository have an issue under way? */
export async function hasOpenPipelines({ kysely }: Database, repositoryId: number): Promise<boolean> {
  const row = await kysely
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', repositoryId)
    .where('light', 'in', ACTIVE_LIGHTS)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
