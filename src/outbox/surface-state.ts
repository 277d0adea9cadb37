// The desired and the stored state of a claimed target's surfaces on GitHub.
import { decidingPullRequests } from '../pipeline/facts/standing.ts'
import { activeHolds } from '../pipeline/holds/holds.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { loadOuterHolds } from '../store/holds.ts'
import { loadInvalidConfigFile } from '../store/invalid-config-files.ts'
import { isAnotherIssueOn, loadPipelineToPublish } from '../store/pipelines.ts'
import { loadPublications, type Publication } from '../store/publications.ts'
import { loadRepositoryRevision } from '../store/repositories.ts'
import type { SurfaceState } from './diff-surfaces.ts'
import { desiredPipelineSurfaces } from './pipeline-surfaces.ts'
import type { PublishClaim } from './publish-claim.ts'
import { desiredRepositorySurfaces } from './repository-surfaces.ts'

/** Base URLs of the links in texts: Andon's own, and GitHub's. */
export type BaseUrls = { readonly baseUrl: string; readonly githubUrl: string }

/** Reads what GitHub should show of a claimed target, and what it shows as far as is stored. */
export async function loadSurfaceState(
  trx: Transaction,
  claim: PublishClaim,
  baseUrls: BaseUrls,
  now: Instant,
): Promise<SurfaceState> {
  const publications = await loadPublications(trx, claim.target)
  const desiredState =
    claim.target.table === 'pipelines'
      ? await loadPipelineState(trx, claim, publications, baseUrls, now)
      : await loadRepositoryState(trx, claim, baseUrls)
  return { publications, ...desiredState }
}

type DesiredState = Omit<SurfaceState, 'publications'>

async function loadPipelineState(
  trx: Transaction,
  claim: PublishClaim,
  publications: readonly Publication[],
  { baseUrl }: BaseUrls,
  now: Instant,
): Promise<DesiredState> {
  const pipelineId = claim.target.id
  const { repositoryId } = claim.access
  const { revision, document: pipeline, knownUntil, accessProblems } = await loadPipelineToPublish(trx, pipelineId, now)
  const pageUrl = `${baseUrl}/${claim.repository}/issues/${claim.issueNumber}`
  const pullRequestNumbers = decidingPullRequests(pipeline).map(({ number }) => number)
  const issue = { repositoryId, issueNumber: claim.issueNumber }
  // GitHub shows one check run per name, so only the check of a pull request's only issue may be called `andon / plan`.
  const isOnlyIssue = !(await isAnotherIssueOn(trx, issue, pullRequestNumbers))
  const holds = activeHolds(pipeline, await loadOuterHolds(trx, repositoryId))
  const shown = { pipelineId, pipeline, publications, isOnlyIssue, holds, knownUntil, accessProblems, pageUrl }
  return { revision, desired: desiredPipelineSurfaces(shown, now) }
}

async function loadRepositoryState(
  trx: Transaction,
  { target, repository }: PublishClaim,
  { baseUrl, githubUrl }: BaseUrls,
): Promise<DesiredState> {
  const revision = await loadRepositoryRevision(trx, target.id)
  const file = await loadInvalidConfigFile(trx, target.id)
  const urls = { repositoryId: target.id, pageUrl: `${baseUrl}/${repository}`, githubUrl }
  return { revision, desired: file === null ? [] : desiredRepositorySurfaces(file, urls) }
}
