// What people meet in a browser: setup, pages, sign-in.
import type { FaultRow } from './rows.ts'

export const PAGE_ROWS: readonly FaultRow[] = [
  {
    name: 'setup',
    promise:
      'an empty folder → setup page → App registered → installed → label → light, in a real browser: at most 3 clicks, no secret pasted',
    file: 'test/browser/setup.test.ts',
    project: 'browser',
    tests: 'an empty folder',
  },
  {
    name: 'every-page',
    promise:
      'every page, and the page of an issue in every state, in both themes, from 320 pixels to 4K, folded and unfolded: no violation that axe finds',
    file: 'test/browser/every-page.test.ts',
    project: 'browser',
  },
  {
    name: 'proxy-502',
    promise:
      'a proxy that answers 502 for half a minute: the board stays, is asked for at least every five seconds, and comes back without being loaded again',
    file: 'test/browser/stream.test.ts',
    project: 'browser',
    tests: 'a proxy answers 502',
  },
  {
    name: 'seen',
    promise:
      '10⁴ cases of a person and a repository after grants, revocations, renames, transfers, private ↔ public, told or not: pages, JSON, filter, stream and tokens leak nothing, and a 404 takes as long for what is hidden as for what is missing',
    file: 'test/sign-in/seen-cases.test.ts',
    project: 'postgres',
  },
  {
    name: 'sign-in-attacks',
    promise: 'forged and mutated cookies, states and codes, mixed up between browsers: nobody is signed in',
    file: 'test/sign-in/attacks.test.ts',
    project: 'embedded',
  },
]
