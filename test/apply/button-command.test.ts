// A click finds its pipeline through the check run it is on, and becomes a command.
import { expect, test } from 'vitest'
import type { Event } from '../../src/pipeline/model/events.ts'
import { deliveryEvidence, ISSUE, issueLabeled, minutesAfterNine, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { arrivalOf, pipelinesIn, useTestDoor } from './support/arrivals.ts'

const SHA = 'c0de000000000000000000000000000000000000'

const opened = useTestDoor()

type ButtonClickOptions = { id?: number; guid?: string; isRerun?: boolean; repositoryId?: number; pipelineId?: number }

async function shown(): Promise<number> {
  await opened.door.apply(arrivalOf(issueLabeled()))
  const [row] = await pipelinesIn(opened.database)
  const pipelineId = row!.id
  const publication = {
    pipelineId,
    surface: `check/plan/${SHA}`,
    githubId: 7_001,
    digest: 'd',
    updatedAt: minutesAfterNine(1),
  }
  await opened.database.kysely.insertInto('publications').values(publication).execute()
  return pipelineId
}

async function clickButton(pipelineId: number, o: ButtonClickOptions = {}) {
  const { id = 7_001, guid = 'guid-press', isRerun = false, repositoryId = REPOSITORY.id } = o
  const event: Event = {
    type: 'button.clicked',
    at: minutesAfterNine(5),
    evidence: deliveryEvidence(minutesAfterNine(5), guid),
    repository: { ...REPOSITORY, id: repositoryId },
    pipelineId: o.pipelineId ?? pipelineId,
    origin: { kind: 'check', id, guid, stage: 'plan', sha: SHA },
    verb: 'retry',
    isRerun,
    sender: 'mara',
    bot: false,
  }
  await opened.door.apply(arrivalOf(event))
}

async function askedEffects(): Promise<readonly string[]> {
  const effects = await opened.database.kysely.selectFrom('effects').select('key').orderBy('id').execute()
  return effects.map(({ key }) => key).filter((key) => key.startsWith('permission/command/'))
}

test("each click asks for its sender's permission once", async () => {
  const pipelineId = await shown()
  for (let times = 0; times < 5; times++) await clickButton(pipelineId)
  expect(await askedEffects()).toEqual(['permission/command/check/guid-press'])
  await clickButton(pipelineId, { guid: 'guid-again' })
  expect(await askedEffects()).toHaveLength(2)
})

test('a click gets no reply and no reaction, whatever its result', async () => {
  const pipelineId = await shown()
  await clickButton(pipelineId)
  const commands = [{ verb: 'retry', stage: 'plan', text: '/andon retry plan' }] as const
  const origin = { kind: 'check', id: 7_001, guid: 'guid-press', stage: 'plan', sha: SHA } as const
  const question = {
    about: 'permission',
    login: 'mara',
    purpose: { kind: 'command', issueNumber: ISSUE, onPullRequest: false, origin, commands, at: minutesAfterNine(5) },
  } as const
  const here = { at: minutesAfterNine(6), evidence: deliveryEvidence(minutesAfterNine(6)), repository: REPOSITORY }
  await opened.door.apply(
    arrivalOf({ type: 'question.answered', ...here, question, answer: { about: 'permission', role: 'write' } }),
  )
  const types = await opened.database.kysely.selectFrom('effects').select('key').execute()
  expect(types.filter(({ key }) => /^(reply|react)\//.test(key))).toEqual([])
  const entries = await opened.database.kysely.selectFrom('history').select('type').execute()
  expect(entries.map(({ type }) => type)).toContainEqual(expect.stringMatching(/^button\./))
})

test('a click on another App’s check run is ignored', async () => {
  const pipelineId = await shown()
  await clickButton(pipelineId, { id: 666 })
  await clickButton(pipelineId, { repositoryId: REPOSITORY.id + 1 })
  await clickButton(pipelineId, { pipelineId: pipelineId + 1 })
  expect(await askedEffects()).toEqual([])
})

test('GitHub’s own re-run button makes the check be written again, whatever its result', async () => {
  const pipelineId = await shown()
  const digest = async () =>
    (await opened.database.kysely.selectFrom('publications').select('digest').execute())[0]?.digest
  await clickButton(pipelineId)
  expect(await digest()).toBe('d')
  const before = (await pipelinesIn(opened.database))[0]!.revision
  await clickButton(pipelineId, { isRerun: true, guid: 'guid-rerun' })
  expect([await digest(), (await pipelinesIn(opened.database))[0]!.revision]).toEqual([null, before + 1])
})
