import { environmentOf } from '../../../fake-github/environment.ts'
import { type AndonProcess, startAndonProcess } from '../../support/andon-process.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'
import { freePort } from '../../support/postgres-cluster.ts'

/** Andon in a process of its own, where people sign in with this GitHub; resolves when it is ready. */
export async function startSignInProcess(
  github: FakeGitHub,
  more: Readonly<Record<string, string>> = {},
): Promise<AndonProcess> {
  const port = await freePort()
  const andon = await startAndonProcess('all', {
    ...environmentOf(github),
    GITHUB_CLIENT_ID: github.client.id,
    GITHUB_CLIENT_SECRET: github.client.secret,
    ANDON_ACCESS: 'login',
    BASE_URL: `http://127.0.0.1:${port}`,
    PORT: `${port}`,
    DATABASE_URL: undefined,
    ...more,
  })
  await andon.ready(60_000)
  return andon
}
