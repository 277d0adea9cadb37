// A button finds its pipeline through the check run it is on, and becomes a command.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Database } from '../../src/store/database.ts'
import { freshDatabase } from '../support/database.ts'
import { delivered, ISSUE, labelled, minute, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { arrivalOf, door, pipelinesIn } from './support/arrivals.ts'

const SHA = 'c0de000000000000000000000000000000000000'

let database: Database
let opened: Door
beforeEach(async () => {
  database = await freshDatabase()
  opened = door(database)
})
afterEach(async () => {
  await opened.close()
  await database.close()
})

type Press = { id?: number; guid?: string; isRerun?: boolean; repositoryId?: number; pipelineId?: number }

async function shown(): Promise<number> {
  await opened.apply(arrivalOf(labelled()))
  const [row] = await pipelinesIn(database)
  const pipelineId = row!.id
  const publication = { pipelineId, surface: `check/plan/${SHA}`, githubId: 7_001, digest: 'd', updatedAt: minute(1) }
  await database.kysely.insertInto('publications').values(publication).execute()
  return pipelineId
}

async function press(pipelineId: number, o: Press = {}) {
  const { id = 7_001, guid = 'guid-press', isRerun = false, repositoryId = REPOSITORY.id } = o
  const event: Event = {
    type: 'button.pressed',
    at: minute(5),
    evidence: delivered(minute(5), guid),
    repository: { ...REPOSITORY, id: repositoryId },
    pipelineId: o.pipelineId ?? pipelineId,
    origin: { kind: 'check', id, guid, stage: 'plan', sha: SHA },
    verb: 'retry',
    isRerun,
    sender: 'mara',
    bot: false,
  }
  await opened.apply(arrivalOf(event))
}

async function asked(): Promise<readonly string[]> {
  const effects = await database.kysely.selectFrom('effects').select('key').orderBy('id').execute()
  return effects.map(({ key }) => key).filter((key) => key.startsWith('permission/command/'))
}

test('GitHub is asked what its sender may, once for each time it was pressed', async () => {
  const pipelineId = await shown()
  for (let times = 0; times < 5; times++) await press(pipelineId)
  expect(await asked()).toEqual(['permission/command/check/guid-press'])
  await press(pipelineId, { guid: 'guid-again' })
  expect(await asked()).toHaveLength(2)
})

test('nobody replies or reacts to it, whatever came of it', async () => {
  const pipelineId = await shown()
  await press(pipelineId)
  const commands = [{ verb: 'retry', stage: 'plan', text: '/andon retry plan' }] as const
  const origin = { kind: 'check', id: 7_001, guid: 'guid-press', stage: 'plan', sha: SHA } as const
  const question = {
    about: 'permission',
    login: 'mara',
    for: { kind: 'command', issueNumber: ISSUE, onPullRequest: false, origin, commands, at: minute(5) },
  } as const
  const here = { at: minute(6), evidence: delivered(minute(6)), repository: REPOSITORY }
  await opened.apply(arrivalOf({ type: 'answered', ...here, question, answer: { about: 'permission', role: 'write' } }))
  const types = await database.kysely.selectFrom('effects').select('key').execute()
  expect(types.filter(({ key }) => /^(reply|react)\//.test(key))).toEqual([])
  const told = await database.kysely.selectFrom('history').select('type').execute()
  expect(told.map(({ type }) => type)).toContainEqual(expect.stringMatching(/^button\./))
})

test('a check run that is none of ours is nothing to us', async () => {
  const pipelineId = await shown()
  await press(pipelineId, { id: 666 })
  await press(pipelineId, { repositoryId: REPOSITORY.id + 1 })
  await press(pipelineId, { pipelineId: pipelineId + 1 })
  expect(await asked()).toEqual([])
})

test('GitHub’s own re-run has the check written again, whatever comes of it', async () => {
  const pipelineId = await shown()
  const digest = async () => (await database.kysely.selectFrom('publications').select('digest').execute())[0]?.digest
  await press(pipelineId)
  expect(await digest()).toBe('d')
  const before = (await pipelinesIn(database))[0]!.revision
  await press(pipelineId, { isRerun: true, guid: 'guid-rerun' })
  expect([await digest(), (await pipelinesIn(database))[0]!.revision]).toEqual([null, before + 1])
})
