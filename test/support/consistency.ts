// Counts = rows = check runs = comments: what the board counts, what it lists, what each pipeline's document says, and
// what GitHub shows must agree, whatever happened before.
import { expect } from 'vitest'
import { activeHolds } from '../../src/pipeline/holds/holds.ts'
import type { Pipeline, StageStatus } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { healthAtWork } from '../../src/pipeline/view/health.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { needOf } from '../../src/pipeline/view/need.ts'
import { mayComment, surfacesOf } from '../../src/pipeline/view/surfaces.ts'
import { LIGHT_SYMBOLS, stageLightsText } from '../../src/render/labels.ts'
import type { StoredPipeline } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { COUNTED_LIGHTS, LIGHTS as EVERY_LIGHT } from './board-api.ts'
import { expectMoving, usersAsked } from './expect-moving.ts'
import type { FakeGitHub } from './fake-github.ts'
import { type BoardPlace, expectSameEverywhere, expectSameOrder, isListed } from './same-everywhere.ts'
import { loadWholeBoard } from './whole-board.ts'

export type ConsistencyCounts = {
  readonly pipelines: number
  readonly comments: number
  readonly checkRuns: number
}

/** Compares everything with everything; resolves to the number of comparisons. */
export async function expectConsistent(o: {
  database: Database
  now: Instant
  /** Without it, only the database is compared. With it, everything must be published. */
  github?: FakeGitHub
  /** What is published in full is compared with it; the rest may still be on its way. */
  soon?: FakeGitHub
  /** Where the same board is read over HTTP. */
  place?: BoardPlace
}): Promise<ConsistencyCounts> {
  const everything = { visible: 'all', lights: EVERY_LIGHT, limit: 100 } as const
  const { counts, accessProblems, rows } = await loadWholeBoard(o.database, everything, o.now)
  expectSameOrder({ rows, now: o.now })
  if (o.place !== undefined) {
    const repositories = await visibleNames(o.database)
    const isBlind = accessProblems.some(({ scope }) => scope === 'app')
    await expectSameEverywhere(o.place, { counts, isBlind, rows, repositories, now: o.now })
  }
  for (const colour of COUNTED_LIGHTS)
    expect(counts[colour], colour).toBe(rows.filter((row) => row.light === colour).length)
  expect(counts.held).toBe(rows.filter(({ held }) => held).length)
  const needy = rows.filter((row) => needsYou(row, o.now))
  expect(counts.needsYou - counts.mistaken).toBe(needy.length)
  const healthOf = ({ pipeline, outerHolds, knownUntil: until }: StoredPipeline) =>
    healthAtWork(pipeline, o.now, { until, holds: activeHolds(pipeline, outerHolds) }).health
  for (const health of ['stalled', 'stale', 'unknown'] as const)
    expect(counts[health], health).toBe(rows.filter((row) => healthOf(row) === health).length)
  const open = rows.filter(isListed)
  expect(counts.open).toBe(open.length)
  const moves = (row: StoredPipeline) => row.light === 'running' && !needy.includes(row) && healthOf(row) !== 'unknown'
  expect(counts.moving).toBe(open.filter(moves).length)
  for (const { light: shown, stage, since, pipeline } of rows) {
    expect({ light: shown, stage, since }).toEqual(expectedColumns(pipeline))
  }
  await expectNothingStandsStill(o.database, o.now, rows)
  if (o.soon)
    for (const { row, surfaces } of await publishedOf(o.database, rows))
      await expectShownOnGitHub(o.soon, row, surfaces)
  if (!o.github) return { pipelines: rows.length, comments: 0, checkRuns: 0 }
  let [comments, checkRuns] = [0, 0]
  for (const row of rows) {
    const shown = await expectShownOnGitHub(o.github, row)
    await expectAsked(o.database, o.github, row, o.now)
    comments += shown.comments
    checkRuns += shown.checks
  }
  return { pipelines: rows.length, comments, checkRuns }
}

/** Where Andon has access; elsewhere nothing moves before that is back. */
async function expectNothingStandsStill(
  { kysely }: Database,
  now: Instant,
  rows: readonly StoredPipeline[],
): Promise<void> {
  const stored = await kysely.selectFrom('pipelines').select(['id', 'wakeAt', 'liveAttempts', 'repositoryId']).execute()
  const open = await kysely
    .selectFrom('effects')
    .select(['repositoryId', 'document'])
    .where('state', 'in', ['due', 'sending', 'unconfirmed'])
    .execute()
  const active = await kysely.selectFrom('installations').select('id').where('state', '=', 'active').execute()
  const reached = await kysely
    .selectFrom('repositories')
    .select('id')
    .where('removedAt', 'is', null)
    .where('installationId', 'in', [0, ...active.map(({ id }) => id)])
    .execute()
  for (const { id, pipeline, outerHolds } of rows) {
    const { repositoryId } = pipeline
    if (reached.every((repository) => repository.id !== repositoryId)) continue
    const effects = open.filter((row) => row.repositoryId === repositoryId).map(({ document }) => document)
    const others = stored.filter((row) => row.repositoryId === repositoryId && row.id !== id)
    expectMoving(pipeline, now, {
      isHeldAround: activeHolds({}, outerHolds).length > 0,
      isAsked: (login) => usersAsked(effects, new Set()).has(login),
      isAdmitted:
        ['running', 'failing-alike'].includes(pipeline.denial?.reason.kind ?? '') &&
        others.some(({ liveAttempts }) => liveAttempts > 0),
      wakeAt: stored.find((row) => row.id === id)?.wakeAt ?? null,
    })
  }
}

async function expectShownOnGitHub(
  github: FakeGitHub,
  row: StoredPipeline,
  /** Compares these alone: what Andon has given up may differ. */
  known?: ReadonlySet<string | null>,
): Promise<{ comments: number; checks: number }> {
  const { repository, pipeline, id } = row
  const wanted = surfacesOf(pipeline).filter(({ key }) => known?.has(key) ?? true)
  const name = `${repository}#${pipeline.issue.number}`

  const commented = wanted
    .filter(({ kind }) => kind === 'comment')
    .map(({ key }) => `${id}/${key.slice('comment/'.length)}`)
  const sticky = oursOn(github, row).filter(({ marker }) => !/\/need\/|^reply\//.test(marker))
  const isOfKnown = (marker: string) => known?.has(`comment/${marker.slice(marker.indexOf('/') + 1)}`) ?? true
  const ours = sticky.filter(({ marker, body }) => isOfKnown(marker) && !body.includes('no longer kept up to date'))
  expect(ours.map(({ marker }) => marker).toSorted(), `comments of ${name}`).toEqual(commented.toSorted())
  const lines = ours.filter(({ body }) => body.includes(stageLightsText(pipeline)))
  expect(lines.length, `comments of ${name} that show its line`).toBe(Math.min(1, ours.length))

  const checked = wanted.flatMap(({ kind, stage, sha }) => (kind === 'check' && sha ? [{ stage, sha }] : []))
  const shas = new Set([...checked.map(({ sha }) => sha), ...commitsOf(pipeline)])
  let checks = 0
  for (const sha of shas) {
    const runs = github.checkRuns(repository, sha).filter(({ external_id }) => external_id.startsWith(`${id}/`))
    const ids = runs.map(({ external_id }) => external_id)
    expect(ids.toSorted(), `check runs of ${name} on ${sha}`).toEqual([...new Set(ids)].toSorted())
    const here = checked.filter((surface) => surface.sha === sha)
    for (const { stage } of here) {
      const run = runs.find(({ external_id }) => external_id === `${id}/${stage}/${sha}`)
      const status = pipeline.stages.find((candidate) => candidate.name === stage)?.status ?? 'idle'
      expect(run?.output.title, `check run of ${name}, ${stage}`).toMatch(new RegExp(`^${statusWord(status)}\\b`))
    }
    const left = runs.filter(({ external_id }) => !here.some(({ stage }) => external_id === `${id}/${stage}/${sha}`))
    for (const run of left) expect(run.output.title, `an old check run of ${name}`).toMatch(/^continues on /)
    checks += runs.length
  }
  return { comments: ours.length, checks }
}

/** Who needs a person has asked for one, by one comment that is not folded away; every other need is over. */
async function expectAsked({ kysely }: Database, github: FakeGitHub, row: StoredPipeline, now: Instant): Promise<void> {
  const { pipeline, id } = row
  const woken = await kysely.selectFrom('pipelines').select('wakeAt').where('id', '=', id).executeTakeFirstOrThrow()
  // Until the watchdog has woken it, nobody has looked.
  if (woken.wakeAt !== null && woken.wakeAt <= now) return
  const need = mayComment(pipeline) ? needOf(pipeline, now) : null
  const markers = oursOn(github, row).flatMap(({ marker }) => (marker.includes('/need/') ? [marker] : []))
  expect(markers, `comments that ask twice on #${pipeline.issue.number}`).toEqual([...new Set(markers)])
  const open = oursOn(github, row).filter(({ marker, body, id: commentId }) => {
    return marker.includes('/need/') && github.minimizedReason(commentId) === null && !body.includes('any more')
  })
  const series = open.map(({ marker }) =>
    marker.slice(0, marker.lastIndexOf(need?.series ?? '') + (need?.series ?? '').length),
  )
  expect(series, `comments that ask for a person on #${pipeline.issue.number}`).toEqual(
    need === null ? [] : [`${id}/need/${need.series}`],
  )
}

function oursOn(github: FakeGitHub, { repository, pipeline }: StoredPipeline) {
  return github.comments(repository, pipeline.issue.number).flatMap(({ id, body }) => {
    const marker = /<!-- andon:v1 (\S+) -->/.exec(body)?.[1]
    return marker === undefined ? [] : [{ id, body, marker }]
  })
}

/** The pipelines of which Andon has nothing left to write, each with the surfaces that GitHub knows. */
async function publishedOf({ kysely }: Database, rows: readonly StoredPipeline[]) {
  const known = await kysely
    .selectFrom('pipelines')
    .leftJoin('publications', 'publications.pipelineId', 'pipelines.id')
    .select(['pipelines.id', 'surface', 'githubId'])
    .whereRef('publishedRevision', '>=', 'revision')
    .execute()
  return rows.flatMap((row) => {
    const own = known.filter(({ id }) => id === row.id)
    const surfaces = new Set(own.flatMap(({ surface, githubId }) => (githubId === null ? [] : [surface])))
    return own.length === 0 ? [] : [{ row, surfaces }]
  })
}

async function visibleNames({ kysely }: Database): Promise<readonly string[]> {
  const rows = await kysely.selectFrom('repositories').select('fullName').where('removedAt', 'is', null).execute()
  return rows.map(({ fullName }) => fullName)
}

function needsYou({ held, keptOut, awaitsFile, needsYouAt }: StoredPipeline, now: Instant): boolean {
  return held || keptOut || awaitsFile || (needsYouAt !== null && needsYouAt <= now)
}

function expectedColumns(pipeline: Pipeline): Pick<StoredPipeline, 'light' | 'stage' | 'since'> {
  const headline = headlineOf(pipeline)
  return { light: headline.light, stage: headline.stage, since: headline.since }
}

function commitsOf({ stages, pullRequests, baseSha }: Pipeline): readonly string[] {
  const heads = pullRequests.map(({ headSha }) => headSha)
  const runs = stages.flatMap(({ attempts }) => attempts.flatMap(({ run }) => (run ? [run.headSha] : [])))
  return [...heads, ...runs, ...(baseSha ? [baseSha] : [])]
}

function statusWord(status: StageStatus): string {
  return LIGHT_SYMBOLS[status].word
}
