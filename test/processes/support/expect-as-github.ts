// What must be true at the end of a row in which processes die and deliveries come by the thousand: nothing that was accepted is
// lost, nothing was done twice, nothing stands still, and every light is what GitHub itself knows.
import { expect } from 'vitest'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { expectConsistent } from '../../support/consistency.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'
import { lightsAtGitHub } from '../../support/lights-at-github.ts'

type Compared = {
  readonly github: FakeGitHub
  readonly database: Database
  readonly repository: string
  readonly issues: readonly number[]
}

/** The issues whose light is not what GitHub knows, and the work that is not done. */
export async function listUnsettled({ github, database, repository, issues }: Compared): Promise<readonly string[]> {
  const { kysely } = database
  const known = lightsAtGitHub(github, repository, issues)
  const rows = await kysely
    .selectFrom('pipelines')
    .select(['issueNumber', 'light', 'revision', 'publishedRevision'])
    // A million may be done and published beside them.
    .where(({ eb, ref, or }) =>
      or([eb('issueNumber', 'in', [0, ...issues]), eb('publishedRevision', '<', ref('revision'))]),
    )
    .execute()
  const shown = new Map(rows.map((row) => [row.issueNumber, row.light]))
  const effects = await kysely
    .selectFrom('effects')
    .select('key')
    .where('state', 'in', ['due', 'sending', 'unconfirmed'])
    .execute()
  const sending = await kysely.selectFrom('publications').select('surface').where('state', '=', 'sending').execute()
  const missed = await kysely.selectFrom('missedDeliveries').select('guid').where('state', '=', 'due').execute()
  return [
    ...[...known].flatMap(([number, light]) =>
      shown.get(number) === light ? [] : [`#${number} is ${shown.get(number)}, and GitHub says ${light}`],
    ),
    ...rows.flatMap((row) => (row.publishedRevision < row.revision ? [`#${row.issueNumber} is not published`] : [])),
    ...effects.map(({ key }) => `${key} is open`),
    ...sending.map(({ surface }) => `${surface} is being sent`),
    ...missed.map(({ guid }) => `${guid} is missed`),
  ]
}

/** Compares everything with GitHub, and counts what went wrong: all must be 0. */
export async function expectAsGitHub(o: Compared & { readonly now: Instant }) {
  const { github, database } = o
  const stored = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  const kept = new Set(stored.flatMap(({ guid, state }) => (state === 'failed' ? [] : [guid])))
  const accepted = github.deliveries.log.filter(({ statusCode }) => statusCode === 202)
  const lost = accepted.filter(({ guid }) => !kept.has(guid)).map(({ guid }) => guid)
  const titles = github.runs.map(({ state }) => state.title)
  const doubled = titles.filter((title, index) => titles.indexOf(title) !== index)
  const stuck = await listUnsettled(o)
  expect({ lost, doubled, stuck }).toEqual({ lost: [], doubled: [], stuck: [] })
  // Also that no comment and no check run is there twice.
  const { pipelines, comments, checkRuns } = await expectConsistent({ database, now: o.now, github })
  expect(pipelines).toBe(o.issues.length)
  return {
    ...{ lost: 0, doubled: 0, stuck: 0, wrong: 0, issues: pipelines },
    ...{ accepted: accepted.length, runs: titles.length, comments, 'check runs': checkRuns },
  }
}
