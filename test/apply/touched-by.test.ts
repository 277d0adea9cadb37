// Where each kind of change can be seen, as listeners are told it.
import { expect, test } from 'vitest'
import { newRepository } from '../../src/advance/repositories.ts'
import { createRowMaps } from '../../src/apply/lookups.ts'
import { touchedBy } from '../../src/apply/touched-by.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import { decodeChangeNotice, NOTIFY_CHANNEL } from '../../src/store/notify.ts'
import {
  deliveryEvidence,
  ISSUE,
  issueChanged,
  issueLabeled,
  minutesAfterNine,
  REPOSITORY,
} from '../support/pipeline-fixtures.ts'
import { arrivalOf, configurationAnswer, useTestDoor } from './support/arrivals.ts'

const here = useTestDoor()

/** What the next notification names when the event is applied, without revisions. */
async function touchedAfter(event: Event): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const stop = await here.database.listen(NOTIFY_CHANNEL, resolve, () => undefined)
  expect(await here.door.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
  const { touched } = decodeChangeNotice(await promise)
  await stop()
  return touched === 'everything' ? touched : touched.map((place) => ({ ...place, revision: undefined }))
}

test('a change names the issue; what the repository shows everywhere, the repository; a new name, the former one too', async () => {
  const { fullName: repository, installationId } = REPOSITORY
  const issue = { repository, issue: ISSUE }
  const everywhere = { repository, issue: null }
  expect(await touchedAfter(issueLabeled())).toContainEqual(issue)
  expect(await touchedAfter(issueChanged({ title: 'Retry twice', at: minutesAfterNine(1) }))).toEqual([issue])
  expect(await touchedAfter(configurationAnswer('stages: {', { at: minutesAfterNine(2) }))).toContainEqual(everywhere)
  const renamed = { ...REPOSITORY, fullName: 'acme/missile', updatedAt: minutesAfterNine(3) }
  const edited = issueChanged({ title: 'Retry thrice', at: minutesAfterNine(3) })
  expect(await touchedAfter({ ...edited, repository: renamed })).toEqual([
    { repository: 'acme/missile', issue: ISSUE },
    { repository: 'acme/missile', issue: null },
    everywhere,
  ])
  const at = minutesAfterNine(4)
  const installation = { installationId, account: 'acme', state: 'suspended', added: [], removed: [] } as const
  expect(
    await touchedAfter({ type: 'installation.changed', at, evidence: deliveryEvidence(at), ...installation }),
  ).toBe('everything')
})

test('what only the work of Andon needs is named nowhere by itself', () => {
  const row = newRepository(REPOSITORY)
  const rows = createRowMaps()
  rows.repositories.load([row])
  const unitOfWork = { rows, written: () => [] } as const
  expect(touchedBy(unitOfWork)).toBe(null)
  rows.repositories.put({ ...row, admitAt: minutesAfterNine(1), readAt: minutesAfterNine(1) })
  expect(touchedBy(unitOfWork)).toEqual([])
  rows.repositories.put({ ...row, removedAt: minutesAfterNine(1) })
  expect(touchedBy(unitOfWork)).toEqual([{ repository: REPOSITORY.fullName, issue: null }])
})
