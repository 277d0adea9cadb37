// The demo's GitHub for tests, with its own secret.
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'

export type { FakeGitHub } from '../../fake-github/fake-github.ts'

export const FAKE_GITHUB_SECRET = 'a-secret-that-only-the-tests-know-0123'

/** Starts a GitHub for one test; close it at the end. */
export function openFakeGitHub(o: Partial<Parameters<typeof startFakeGitHub>[0]> = {}): Promise<FakeGitHub> {
  return startFakeGitHub({ webhookSecret: FAKE_GITHUB_SECRET, ...o })
}
