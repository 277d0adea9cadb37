// A label that GitHub never told of puts an issue on the line all the same: open issues with the start label are listed, at
// the first sight of a repository, every few minutes where something is under way, once a day elsewhere, and after a gap in
// GitHub's log. What is found goes through the door as if it were labelled then.
import { GitHubFailure } from '../github/failure.ts'
import type { RepositoryAccess } from '../github/request.ts'
import { OBSERVE_ONLY_LINE } from '../line/line.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import { type Instant, latest } from '../pipeline/model/time.ts'
import { findAccessBlock } from '../store/access-problems.ts'
import {
  claimLabelScan,
  countLabelFound,
  type DueLabelScan,
  hasOpenPipelines,
  listIssuesOffLine,
  saveLabelScan,
} from '../store/label-scans.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { recordAccessWorks } from './access.ts'
import { labelingEvent } from './labeling-event.ts'
import { splitFullName } from './publish-claim.ts'
import { type RepairContext, readAgainAt, SHARE_OF_CALLS } from './repair-reads.ts'

const BUSY_EVERY_MS = 10 * 60_000
const DAY_MS = 24 * 60 * 60_000
/** Daily scans are spread over an hour. */
const SPREAD_SECONDS = 3_600
const RETRY_MS = 5 * 60_000
/** What was labelled longer before a repository without a file was first seen has nothing to do with Andon. */
const BEFORE_INSTALLATION_MS = 60 * 60_000
const ISSUES_AT_ONCE = 20
/** When those above that number are taken up. */
const REST_AFTER_MS = 60_000
const PERMISSIONS = ['issues=read', 'metadata=read']

/** Scans the next repository that is due; resolves to how many were. */
export async function findLabeledIssues(o: RepairContext): Promise<number> {
  const now = o.now()
  const notBefore = millisecondsAfter(now, -BEFORE_INSTALLATION_MS)
  const due = await claimLabelScan(o.database, { now, notBefore, defaultLabel: OBSERVE_ONLY_LINE.startLabel })
  if (due === null) return 0
  const { label } = due
  const access = { installationId: due.installationId, repositoryId: due.id, ...splitFullName(due.fullName) }
  try {
    const blockedUntil = await whenAllowed(o, access)
    if (blockedUntil !== null) await saveLabelScan(o.database, due.id, { dueAt: blockedUntil })
    else if (label === null) await saveLabelScan(o.database, due.id, { dueAt: daily(due, now) })
    else await scan(o, due, label, access)
  } catch (failure) {
    if (!(failure instanceof GitHubFailure)) throw failure
    await saveLabelScan(o.database, due.id, { dueAt: await retryAfter(o, access, failure), error: failure.message })
  }
  return 1
}

async function whenAllowed(o: RepairContext, access: RepositoryAccess): Promise<Instant | null> {
  if (o.callQuota.isSpent(access.installationId, SHARE_OF_CALLS)) return millisecondsAfter(o.now(), RETRY_MS)
  return await findAccessBlock(o.database.kysely, access, PERMISSIONS, o.now())
}

/** A list that is too long, or has too much that is new, is read on from there in a minute: it begins with what changed longest ago. */
async function scan(o: RepairContext, due: DueLabelScan, label: string, access: RepositoryAccess): Promise<void> {
  const at = o.now()
  const since = labeledSince(due)
  const isContinued = due.etag === null && due.listedSince !== null && (since === null || due.listedSince > since)
  const from = isContinued ? due.listedSince : since
  const etag = from === due.listedSince && due.scannedAt !== null ? due.etag : null
  const list = await o.github.listLabeledIssues(access, { label, since: from, etag }, receiptOf(`labels/${due.id}`, at))
  await recordAccessWorks(o, access, PERMISSIONS)
  const { issues, isComplete } = list ?? { issues: [], isComplete: true }
  const numbers = issues.map(({ number }) => number)
  const missing = new Set(await listIssuesOffLine(o.database, due.id, numbers))
  const found = issues.filter(({ number }) => missing.has(number))
  const now = found.slice(0, ISSUES_AT_ONCE)
  for (const issue of now) await takeUp(o, due, { issue, label, since, access })
  const isAll = found.length === now.length
  const reached = (isAll ? issues : now).at(-1)?.updatedAt ?? from
  // Where the next list would be the same, there is no more to be had.
  const isDone = isAll && (isComplete || reached === from)
  await saveLabelScan(o.database, due.id, {
    error: null,
    ...(list !== null && { etag: isDone ? list.etag : null, listedSince: isDone ? from : reached }),
    ...(isDone && { scannedAt: at }),
    dueAt: isDone ? await nextScanAt(o, due, at) : millisecondsAfter(at, REST_AFTER_MS),
  })
}

/** Who labelled the issue is asked for permission like every other sender; where GitHub does not say who, nobody has it. */
async function takeUp(
  { github, door, database, now, log }: RepairContext,
  due: DueLabelScan,
  o: { issue: IssueFact; label: string; since: Instant | null; access: RepositoryAccess },
): Promise<void> {
  const { issue, label, since, access } = o
  const { id, fullName } = due
  const labeling = await github.readLabeling(access, issue.number, label)
  // It was labelled long ago, and has been on the line or was meant to stay off it.
  if (since !== null && (labeling === null || labeling.at < since)) return
  const { by, at } = labeling ?? { by: { login: 'ghost', type: 'User' }, at: issue.updatedAt }
  const evidence = receiptOf(`label/${issue.number}/${at}`, now())
  await door.apply({ event: labelingEvent(due, id, { issue, label, labeling: { by, at }, evidence }) })
  await countLabelFound(database, id, now())
  log.warn({ repository: fullName, issue: issue.number }, 'an issue with the start label was not on the line')
}

/** At first everything that counts. Later with a day's overlap, so that a list stays the same for a day. */
function labeledSince({ scannedAt, notBefore }: DueLabelScan): Instant | null {
  if (scannedAt === null) return notBefore
  const since = `${millisecondsAfter(scannedAt, -DAY_MS).slice(0, 10)}T00:00:00.000Z`
  return notBefore === null ? since : latest(since, notBefore)
}

async function nextScanAt({ database }: RepairContext, due: DueLabelScan, now: Instant): Promise<Instant> {
  return (await hasOpenPipelines(database, due.id)) ? millisecondsAfter(now, BUSY_EVERY_MS) : daily(due, now)
}

function daily({ id }: DueLabelScan, now: Instant): Instant {
  return millisecondsAfter(now, DAY_MS + (id % SPREAD_SECONDS) * 1000)
}

function retryAfter(o: RepairContext, access: RepositoryAccess, failure: GitHubFailure): Promise<Instant> {
  // Without issues, or gone: another delivery says so, or nobody misses it.
  const isGone = failure.kind === 'not_found' || failure.kind === 'refused'
  return readAgainAt(o, access, failure, millisecondsAfter(o.now(), isGone ? DAY_MS : RETRY_MS))
}

function receiptOf(id: string, at: Instant) {
  return { kind: 'read', id, at } as const
}
