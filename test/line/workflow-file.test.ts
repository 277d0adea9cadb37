import { expect, test } from 'vitest'
import { type DeclaredInput, dispatchInputsOf } from '../../src/line/workflow-file.ts'

test.each<[string, readonly DeclaredInput[] | 'invalid' | 'no-trigger']>([
  ['on: workflow_dispatch', []],
  ['on: [push, workflow_dispatch]', []],
  ['on: { workflow_dispatch: }', []],
  ['on:\n  workflow_dispatch:\n    inputs:\n', []],
  ['"on": { workflow_dispatch: { inputs: { issue: } } }', [{ name: 'issue', isRequired: false }]],
  ['on: { workflow_dispatch: { inputs: { a: { required: true } } } }', [{ name: 'a', isRequired: true }]],
  ['on: { workflow_dispatch: { inputs: { a: { required: true, default: x } } } }', [{ name: 'a', isRequired: false }]],
  ['on: push', 'no-trigger'],
  ['on: [push]', 'no-trigger'],
  ['on: { workflow_call: { inputs: { issue: {} } } }', 'no-trigger'],
  ['jobs: {}', 'invalid'],
  ['on: [push', 'invalid'],
  ['', 'invalid'],
  ['just text', 'invalid'],
  ['- on', 'invalid'],
])('%s', (text, declared) => {
  expect(dispatchInputsOf(text)).toEqual(declared)
})
