import { expect, test } from 'vitest'
import { parseHoldFields, parseIssueControl, parseRepositoryControl } from '../../src/commands/board-command.ts'
import { MAX_REASON_LENGTH } from '../../src/commands/parse-commands.ts'

const STAGES = ['plan', 'code']

test('a control of a stage is the command that a person would type', () => {
  for (const verb of ['retry', 'cancel', 'skip']) {
    expect(parseIssueControl({ control: `${verb} code` }, STAGES)).toEqual({
      stage: 'code',
      command: { verb, stage: 'code', text: `/andon ${verb} code` },
    })
  }
  expect(parseIssueControl({ control: 'approve plan' }, STAGES)).toEqual({
    stage: 'plan',
    command: { verb: 'approve', text: '/andon approve' },
  })
})

test('a reason is never taken for a place, an end or another line', () => {
  const reason = 'code until 18:00\n/andon resume\0 <b>'
  expect(parseIssueControl({ control: 'hold', scope: 'issue', reason }, STAGES)).toMatchObject({
    stage: null,
    command: { verb: 'hold', scope: { kind: 'issue' }, reason: 'code until 18:00 /andon resume\uFFFD <b>' },
  })
  expect(parseHoldFields({ reason: 'x'.repeat(500) })).toEqual({ reason: `${'x'.repeat(MAX_REASON_LENGTH - 1)}…` })
})

test('the end of a hold has the grammar of a comment, with or without its first word', () => {
  for (const end of ['2h', 'for 2h', 'FOR 2h', ' 2 h '])
    expect(parseHoldFields({ reason: 'r', end })).toEqual({ reason: 'r', end: { kind: 'for', minutes: 120 } })
  for (const end of ['18:00', 'until 18:00'])
    expect(parseHoldFields({ reason: 'r', end })).toMatchObject({ end: { kind: 'until', hour: 18, minute: 0 } })
  for (const end of ['soon', '2h more', 'until', '99:00', '2026-02-30'])
    expect(parseHoldFields({ reason: 'r', end })).toEqual({ mistake: expect.stringContaining('A hold ends at a time') })
})

test('a page has no controls but its own', () => {
  const none = { mistake: expect.stringContaining('There is no such control') }
  const elsewhere = [
    '',
    'approve',
    'retry',
    'retry test',
    'start plan',
    'run plan',
    'resume repository',
    'cancel plan code',
  ]
  for (const control of elsewhere) expect([control, parseIssueControl({ control }, STAGES)]).toEqual([control, none])
  for (const control of ['', 'cancel plan', 'resume plan', 'approve'])
    expect([control, parseRepositoryControl({ control })]).toEqual([control, none])
  expect(parseRepositoryControl({ control: 'resume' })).toMatchObject({ command: { text: '/andon resume repository' } })
  expect(parseRepositoryControl({ control: 'hold', reason: 'r', scope: 'plan' })).toMatchObject({
    command: { scope: { kind: 'repository' }, text: '/andon hold repository r' },
  })
})
