// What a subject in hand should show on GitHub, and what is known to stand there.
import { activeHolds } from '../pipeline/holds/holds.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { loadOuterHolds } from '../store/holds.ts'
import { loadInvalidConfigFile } from '../store/invalid-config-files.ts'
import type { PublishTarget } from '../store/publish-claims.ts'
import type { Publication, SurfaceState } from './diff-surfaces.ts'
import { desiredPipelineSurfaces } from './pipeline-surfaces.ts'
import type { PublishClaim } from './publish-claim.ts'
import { desiredRepositorySurfaces } from './repository-surfaces.ts'

/** Addresses that texts link to: ours, and GitHub's. */
export type BaseUrls = { readonly baseUrl: string; readonly githubUrl: string }

/** Reads what a claimed subject has come to, and what GitHub shows of it. */
export async function loadSurfaceState(
  trx: Transaction,
  claim: PublishClaim,
  addresses: BaseUrls,
  now: Instant,
): Promise<SurfaceState> {
  const { target } = claim
  const publications = await trx
    .selectFrom('publications')
    .select(['surface', 'githubId', 'digest', 'state', 'sentAt', 'updatedAt'])
    .where(targetColumnOf(target), '=', target.id)
    .orderBy('surface')
    .execute()
  const rest =
    target.table === 'pipelines'
      ? await loadPipelineState(trx, claim, publications, addresses, now)
      : await loadRepositoryState(trx, claim, addresses)
  return { publications, ...rest }
}

type TargetState = Omit<SurfaceState, 'publications'>

/** Writes what is known of one surface. */
export async function savePublication(
  trx: Transaction,
  target: PublishTarget,
  surface: string,
  known: Partial<Omit<Publication, 'surface' | 'updatedAt'>> & { readonly error?: string | null },
  at: Instant,
): Promise<void> {
  const key = targetColumnOf(target)
  await trx
    .insertInto('publications')
    .values({ [key]: target.id, surface, ...known, updatedAt: at })
    .onConflict((conflict) => conflict.columns([key, 'surface']).doUpdateSet({ ...known, updatedAt: at }))
    .execute()
}

/** The id under which GitHub keeps one surface, as far as we know. */
export async function loadPublishedId(
  trx: Transaction,
  target: PublishTarget,
  surface: string,
): Promise<number | null> {
  const known = await trx
    .selectFrom('publications')
    .select('githubId')
    .where(targetColumnOf(target), '=', target.id)
    .where('surface', '=', surface)
    .executeTakeFirst()
  return known?.githubId ?? null
}

function targetColumnOf({ table }: PublishTarget): 'pipelineId' | 'repositoryId' {
  return table === 'pipelines' ? 'pipelineId' : 'repositoryId'
}

async function loadPipelineState(
  trx: Transaction,
  claim: PublishClaim,
  publications: readonly Publication[],
  { baseUrl }: BaseUrls,
  now: Instant,
): Promise<TargetState> {
  const pipelineId = claim.target.id
  const { revision, document: pipeline } = await trx
    .selectFrom('pipelines')
    .select(['revision', 'document'])
    .where('id', '=', pipelineId)
    .executeTakeFirstOrThrow()
  const pageUrl = `${baseUrl}/${claim.repository}/issues/${claim.issueNumber}`
  const isOnlyIssue = await isOnlyIssueOnPullRequest(trx, claim, pipeline)
  const holds = activeHolds(pipeline, await loadOuterHolds(trx, claim.access.repositoryId))
  return {
    revision,
    desired: desiredPipelineSurfaces({ pipelineId, pipeline, publications, isOnlyIssue, holds, pageUrl }, now),
  }
}

async function loadRepositoryState(
  trx: Transaction,
  { target, repository }: PublishClaim,
  { baseUrl, githubUrl }: BaseUrls,
): Promise<TargetState> {
  const { revision } = await trx
    .selectFrom('repositories')
    .select('revision')
    .where('id', '=', target.id)
    .executeTakeFirstOrThrow()
  const file = await loadInvalidConfigFile(trx, target.id)
  const addresses = { repositoryId: target.id, pageUrl: `${baseUrl}/${repository}`, githubUrl }
  return { revision, desired: file === null ? [] : desiredRepositorySurfaces(file, addresses) }
}

/** Only one issue's check may be called plainly `andon / plan`: GitHub shows one check run of a name. */
async function isOnlyIssueOnPullRequest(trx: Transaction, claim: PublishClaim, pipeline: Pipeline): Promise<boolean> {
  const numbers = pipeline.pullRequests.map(({ number }) => number)
  if (numbers.length === 0) return true
  const pullRequests = await trx
    .selectFrom('pullRequests')
    .select('issueNumbers')
    .where('repositoryId', '=', claim.access.repositoryId)
    .where('number', 'in', numbers)
    .execute()
  const others = pullRequests
    .flatMap(({ issueNumbers }) => issueNumbers)
    .filter((number) => number !== claim.issueNumber)
  if (others.length === 0) return true
  const other = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', claim.access.repositoryId)
    .where('issueNumber', 'in', others)
    .executeTakeFirst()
  return other === undefined
}
