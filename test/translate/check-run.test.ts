import { describe, expect, test } from 'vitest'
import { exampleDelivery, REPOSITORY } from '../support/deliveries.ts'
import { translateAs, translateDelivery } from './support/translate-delivery.ts'

const SHA = 'c0de000000000000000000000000000000000000'

function pressed(parts: Record<string, unknown> = {}, action: 'rerequested' | 'requested_action' = 'requested_action') {
  return exampleDelivery('check_run', action, REPOSITORY, {
    check_run: { id: 7_001, external_id: `17/plan/${SHA}` },
    requested_action: { identifier: 'approve' },
    sender: { login: 'mara', type: 'User' },
    ...parts,
  })
}

describe('a button of our check run', () => {
  test('is an event with the check run, the command and the sender', () => {
    expect(translateAs('button.clicked', pressed())).toMatchObject({
      pipelineId: 17,
      origin: { kind: 'check', id: 7_001, guid: 'a-guid', stage: 'plan', sha: SHA },
      verb: 'approve',
      isRerun: false,
      sender: 'mara',
      bot: false,
    })
  })

  test('means retry when it is GitHub’s own re-run, whatever the state of the stage', () => {
    expect(translateAs('button.clicked', pressed({ requested_action: undefined }, 'rerequested'))).toMatchObject({
      verb: 'retry',
      isRerun: true,
    })
  })

  test.each(['cancel', '', 'constructor', 'Retry'])('called %j is ignored', (identifier) => {
    expect(translateDelivery(pressed({ requested_action: { identifier } }))).toBeNull()
  })

  test.each([
    '',
    '17',
    '17/plan',
    `17/plan/${SHA}/x`,
    `0/plan/${SHA}`,
    `17/../${SHA}`,
    `x/plan/${SHA}`,
    '17/plan/HEAD',
    null,
  ])('is ignored if the external id of its check run is %j', (external_id) => {
    expect(translateDelivery(pressed({ check_run: { id: 7_001, external_id } }))).toBeNull()
  })
})
