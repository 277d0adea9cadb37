import type { FakeGitHub } from './fake-github.ts'

/** GitHub never attempts to deliver what people and runs do meanwhile, so that its log has nothing either. */
export async function unsent<T>({ deliveries }: FakeGitHub, act: () => T): Promise<Awaited<T>> {
  deliveries.injectFaults({ drop: 1 })
  const done = await act()
  deliveries.clearFaults()
  return done
}

/** Andon is away while people act: GitHub's deliveries fail, and stay in its log. */
export async function whileAway(github: FakeGitHub, act: () => Promise<unknown>): Promise<void> {
  const { deliveries } = github
  const target = deliveries.target()
  deliveries.setTarget(null)
  await act()
  await github.whenIdle()
  deliveries.setTarget(target)
}
