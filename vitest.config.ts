// Which tests run where. What needs no database runs once; everything else runs on both databases, unless only real
// Postgres or a real browser can show it. `npm test` provides both and says what it had to leave out.
import { defineConfig } from 'vitest/config'

const PURE = [
  'test/{commands,line,pipeline,render,github,demo}/**/*.test.ts',
  'test/{architecture,manifest,config,workflows}.test.ts',
]
const ONLY_POSTGRES = ['test/**/*.postgres.test.ts']
const PROCESSES = ['test/processes/**/*.test.ts']
const BROWSER = ['test/browser/**/*.test.ts']
const EITHER_DATABASE = { include: ['test/**/*.test.ts'], exclude: [...PURE, ...PROCESSES, ...BROWSER] }

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE } },
      {
        extends: true,
        test: {
          name: 'embedded',
          include: EITHER_DATABASE.include,
          exclude: [...EITHER_DATABASE.exclude, ...ONLY_POSTGRES],
          env: { ANDON_TEST_KIND: 'embedded' },
        },
      },
      { extends: true, test: { name: 'postgres', ...EITHER_DATABASE, env: { ANDON_TEST_KIND: 'postgres' } } },
      // Real processes and real browsers want the machine to themselves: after the rest, one file at a time.
      {
        extends: true,
        test: {
          name: 'browser',
          include: BROWSER,
          env: { ANDON_TEST_KIND: 'embedded' },
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: PROCESSES,
          env: { ANDON_TEST_KIND: 'postgres' },
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
          maxConcurrency: 2,
          testTimeout: 240_000,
        },
      },
    ],
  },
})
