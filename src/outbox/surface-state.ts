// What a subject in hand should show on GitHub, and what is known to stand there.
import { holdsOf } from '../pipeline/holds/holds.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { readAround } from '../store/holds.ts'
import { readMistaken } from '../store/invalid-config-files.ts'
import type { Publication, Standing } from './diff-surfaces.ts'
import { pipelineSides } from './pipeline-surfaces.ts'
import type { Claim, Subject } from './publish-claim.ts'
import { repositorySides } from './repository-surfaces.ts'

/** Addresses that texts link to: ours, and GitHub's. */
export type Addresses = { readonly baseUrl: string; readonly githubUrl: string }

/** Reads what a claimed subject has come to, and what GitHub shows of it. */
export async function readStanding(
  trx: Transaction,
  claim: Claim,
  addresses: Addresses,
  now: Instant,
): Promise<Standing> {
  const { subject } = claim
  const publications = await trx
    .selectFrom('publications')
    .select(['surface', 'githubId', 'digest', 'state', 'sentAt', 'updatedAt'])
    .where(keyOf(subject), '=', subject.id)
    .orderBy('surface')
    .execute()
  const rest =
    subject.table === 'pipelines'
      ? await readPipeline(trx, claim, publications, addresses, now)
      : await readRepository(trx, claim, addresses)
  return { publications, ...rest }
}

type Rest = Omit<Standing, 'publications'>

/** Writes what is known of one surface. */
export async function savePublication(
  trx: Transaction,
  subject: Subject,
  surface: string,
  known: Partial<Omit<Publication, 'surface' | 'updatedAt'>> & { readonly error?: string | null },
  at: Instant,
): Promise<void> {
  const key = keyOf(subject)
  await trx
    .insertInto('publications')
    .values({ [key]: subject.id, surface, ...known, updatedAt: at })
    .onConflict((conflict) => conflict.columns([key, 'surface']).doUpdateSet({ ...known, updatedAt: at }))
    .execute()
}

/** The id under which GitHub keeps one surface, as far as we know. */
export async function publishedId(trx: Transaction, subject: Subject, surface: string): Promise<number | null> {
  const known = await trx
    .selectFrom('publications')
    .select('githubId')
    .where(keyOf(subject), '=', subject.id)
    .where('surface', '=', surface)
    .executeTakeFirst()
  return known?.githubId ?? null
}

function keyOf({ table }: Subject): 'pipelineId' | 'repositoryId' {
  return table === 'pipelines' ? 'pipelineId' : 'repositoryId'
}

async function readPipeline(
  trx: Transaction,
  claim: Claim,
  publications: readonly Publication[],
  { baseUrl }: Addresses,
  now: Instant,
): Promise<Rest> {
  const pipelineId = claim.subject.id
  const { revision, document: pipeline } = await trx
    .selectFrom('pipelines')
    .select(['revision', 'document'])
    .where('id', '=', pipelineId)
    .executeTakeFirstOrThrow()
  const pageUrl = `${baseUrl}/${claim.repository}/issues/${claim.issueNumber}`
  const alone = await isAlone(trx, claim, pipeline)
  const holds = holdsOf(pipeline, await readAround(trx, claim.where.repositoryId))
  return { revision, sides: pipelineSides({ pipelineId, pipeline, publications, alone, holds, pageUrl }, now) }
}

async function readRepository(
  trx: Transaction,
  { subject, repository }: Claim,
  { baseUrl, githubUrl }: Addresses,
): Promise<Rest> {
  const { revision } = await trx
    .selectFrom('repositories')
    .select('revision')
    .where('id', '=', subject.id)
    .executeTakeFirstOrThrow()
  const mistaken = await readMistaken(trx, subject.id)
  const addresses = { repositoryId: subject.id, pageUrl: `${baseUrl}/${repository}`, githubUrl }
  return { revision, sides: mistaken === null ? [] : repositorySides(mistaken, addresses) }
}

/** Only one issue's check may be called plainly `andon / plan`: GitHub shows one check run of a name. */
async function isAlone(trx: Transaction, claim: Claim, pipeline: Pipeline): Promise<boolean> {
  const numbers = pipeline.pullRequests.map(({ number }) => number)
  if (numbers.length === 0) return true
  const pullRequests = await trx
    .selectFrom('pullRequests')
    .select('issueNumbers')
    .where('repositoryId', '=', claim.where.repositoryId)
    .where('number', 'in', numbers)
    .execute()
  const others = pullRequests
    .flatMap(({ issueNumbers }) => issueNumbers)
    .filter((number) => number !== claim.issueNumber)
  if (others.length === 0) return true
  const other = await trx
    .selectFrom('pipelines')
    .select('id')
    .where('repositoryId', '=', claim.where.repositoryId)
    .where('issueNumber', 'in', others)
    .executeTakeFirst()
  return other === undefined
}
