import { holdsOf } from '../pipeline/cord.ts'
import type { Instant, Pipeline } from '../pipeline/pipeline.ts'
import { readAround } from '../store/cord.ts'
import type { Transaction } from '../store/database.ts'
import type { Claim } from './claim.ts'
import type { Publication, Standing } from './due.ts'

/** Reads what a claimed pipeline has come to, and what GitHub shows of it. */
export async function readStanding(trx: Transaction, claim: Claim, baseUrl: string): Promise<Standing> {
  const { pipelineId } = claim
  const { revision, document } = await trx
    .selectFrom('pipelines')
    .select(['revision', 'document'])
    .where('id', '=', pipelineId)
    .executeTakeFirstOrThrow()
  const publications = await trx
    .selectFrom('publications')
    .select(['surface', 'githubId', 'digest', 'state', 'sentAt', 'updatedAt'])
    .where('pipelineId', '=', pipelineId)
    .orderBy('surface')
    .execute()
  const alone = await isAlone(trx, claim, document)
  const holds = holdsOf(document, await readAround(trx, claim.where.repositoryId))
  return { pipelineId, revision, pipeline: document, publications, alone, holds, pageUrl: pageUrl(baseUrl, claim) }
}

/** Writes what is known of one surface. */
export async function savePublication(
  trx: Transaction,
  pipelineId: number,
  surface: string,
  known: Partial<Omit<Publication, 'surface' | 'updatedAt'>> & { readonly error?: string | null },
  at: Instant,
): Promise<void> {
  await trx
    .insertInto('publications')
    .values({ pipelineId, surface, ...known, updatedAt: at })
    .onConflict((conflict) => conflict.columns(['pipelineId', 'surface']).doUpdateSet({ ...known, updatedAt: at }))
    .execute()
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

function pageUrl(baseUrl: string, { repository, issueNumber }: Claim): string {
  return `${baseUrl}/${repository}/issues/${issueNumber}`
}
