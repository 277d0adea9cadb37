// Every wrong command line gets one sentence and EX_USAGE, before anything starts.
import { afterAll, expect, test } from 'vitest'
import { startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'

afterAll(stopAllProcesses)

test.concurrent.each([
  'loop',
  'loop start',
  'loop status --yaml',
  'loop stop --force',
  'loop stop a b',
  'worker --iterations',
  'worker --iterations 0',
  'worker --iterations -1',
  'worker --iterations 1e3',
  'worker --iterations 3 4',
  'worker --once',
  'web --iterations 3',
  'migrate now',
  'canary',
  'canary acme/widgets',
  'canary acme/widgets#0',
  'canary acme/widgets#1 --as',
  'doctor --yaml',
  'doctor --json now',
  'deliveries replay',
  'deliveries replay 12 --all',
  'deliveries drop x',
  'effects now',
  'effects replay --yes',
  'deliveries replay 99999999999999999999',
])('`%s` is answered in one sentence and exit code 64', async (words) => {
  const [role = '', ...rest] = words.split(' ')
  const command = await startAndonProcess(role, {}, rest)
  expect((await command.exited()).code).toBe(64)
  expect(command.output()).toMatch(/^andon: [^\n]+\.\n$/)
})
