// Texts as GitHub's users report them.
import { expect, test } from 'vitest'
import type { RefusalCause } from '../../src/pipeline/model/reason.ts'
import { translateDispatchRefusal } from '../../src/translate/dispatch-refusal.ts'

test.each<[string, RefusalCause]>([
  ["Workflow does not have 'workflow_dispatch' trigger", { kind: 'no-trigger' }],
  ["Cannot trigger a 'workflow_dispatch' on a disabled workflow", { kind: 'workflow-disabled' }],
  ['Actions has been disabled for this user.', { kind: 'actions-disabled' }],
  ['Actions has been disabled for this repository.', { kind: 'actions-disabled' }],
  ["failed to parse workflow: (Line: 136, Col: 13): Unrecognized named-value: 'secrets'.", { kind: 'file-invalid' }],
  ['Invalid Argument - failed to parse workflow: (Line: 70, Col: 18): Unexpected symbol', { kind: 'file-invalid' }],
  ['you may only define up to 25 `inputs` for a `workflow_dispatch` event', { kind: 'file-invalid' }],
  ['No ref found for: main', { kind: 'branch-missing', branch: 'main' }],
  ['No ref found for: refs/heads/release/2.0', { kind: 'branch-missing', branch: 'release/2.0' }],
  ['Unexpected inputs provided: ["issue", "andon"]', { kind: 'inputs-undeclared', inputs: ['issue', 'andon'] }],
  ["Required input 'model' not provided", { kind: 'input-required', input: 'model' }],
  ['Validation Failed', { kind: 'other' }],
])('"%s" is understood', (answer, cause) => {
  expect(translateDispatchRefusal(answer, false)).toEqual(cause)
})

test('404 may mean that GitHub has not noticed the file yet', () => {
  expect(translateDispatchRefusal('Not Found', true)).toEqual({ kind: 'workflow-unknown' })
})
