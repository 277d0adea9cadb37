// The factory morning: what the night left behind, a dozen issues taken up one after the other, and then another one
// every so often, until somebody stops it.
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { setUpTheLine } from './configuration.ts'
import { takeUp, type Work } from './issue-driver.ts'
import { PLOTS, type Plot, smooth } from './issue-scenarios.ts'
import { EARLY, LATER, MORNING, type Wish } from './issue-texts.ts'
import { onTheirOwn, type Starts } from './run-starter.ts'
import { Over, type Shift } from './session.ts'

/** Plays until the shift is over; `atMinutesAgo` sets this GitHub's clock back. */
export async function playMorning(o: {
  github: FakeGitHub
  shift: Shift
  /** How runs begin once the repositories have their files; at night agents start them themselves. */
  starts: Starts
  hurried: Shift
  atMinutesAgo(minutes: number): void
  welcome: (work: Work) => void
  /** The night is over and everything is set up. */
  begun?: () => void
}): Promise<void> {
  const { github, shift } = o
  await theNight(o)
  o.atMinutesAgo(0)
  shift.say('the night', 'has left a silent run, a review that waits, a failure, and one thing done')
  // What began at night is watched to its end: it has asked for the repository's file before there is one.
  await github.settled()
  await shift.pause(QUIET_SECONDS)
  setUpTheLine(github)
  shift.say('ada', 'pushes the workflows and andon.yml: from here on Andon starts the stages')
  o.begun?.()
  const stories = [ordinaryDay(github, shift)]
  for (const [n, wish] of MORNING.entries()) {
    stories.push(story(o, wish, PLOTS[n % PLOTS.length] ?? smooth))
    await shift.pause(n < 4 ? 1.5 : 5)
  }
  for (let n = 0; !shift.over; n++) {
    await shift.rest(MINUTES_BETWEEN * 60)
    const wish = LATER[n % LATER.length]
    if (wish) stories.push(story(o, wish, shift.chance.pick(PLOTS)))
  }
  await Promise.all(stories)
}

const QUIET_SECONDS = 8

// GitHub takes 500 creations an hour, and an issue that runs its whole course needs about twelve.
const MINUTES_BETWEEN = 1.6

async function story(o: Parameters<typeof playMorning>[0], wish: Wish, plot: Plot): Promise<void> {
  const { shift } = o
  try {
    const work = await takeUp(o, wish)
    await shift.pause(1)
    await work.label()
    await shift.pause(3)
    await plot(work, shift)
  } catch (error) {
    if (!(error instanceof Over) && !shift.over)
      shift.say(wish.repository, `the story of “${wish.title}” broke off: ${error}`)
  }
}

/** What goes on in every repository and is none of Andon's business: nothing of it may show on the board. */
async function ordinaryDay(github: FakeGitHub, shift: Shift): Promise<void> {
  const [repository, branch] = ['acme/widgets', 'dependabot/npm_and_yarn/left-pad-1.3.0']
  try {
    const question = await github.openIssue(repository, {
      title: 'Which sizes will there be in spring?',
      by: 'passerby',
    })
    await github.comment(repository, question, 'All but XXL.', 'margaret')
    await github.createBranch(repository, branch, 'dependabot[bot]')
    await github.openPullRequest(repository, { branch, title: 'Bump left-pad to 1.3.0', by: 'dependabot[bot]' })
    const checks = await github.startRun(repository, 'ci.yml', { branch, event: 'pull_request', by: 'dependabot[bot]' })
    checks.start()
    checks.job('build').start()
    await shift.pause(20)
    checks.fail()
  } catch (error) {
    if (!(error instanceof Over) && !shift.over) throw error
  }
}

/** Before anybody looked: one run that fell silent, one pull request left waiting, one failure, one thing done. */
async function theNight(o: Parameters<typeof playMorning>[0]): Promise<void> {
  const { github, hurried } = o
  const [silent, waiting, failed, done] = EARLY as readonly [Wish, Wish, Wish, Wish]
  o.atMinutesAgo(47)
  const first = await labelled(github, hurried, silent)
  o.welcome(first)
  await first.plan()
  o.atMinutesAgo(41)
  await first.code({ ends: null })
  o.atMinutesAgo(36)
  const second = await labelled(github, hurried, waiting)
  await second.plan()
  await second.code()
  await second.propose()
  o.atMinutesAgo(28)
  await second.test()
  const third = await labelled(github, hurried, failed)
  o.atMinutesAgo(22)
  await third.plan({ ends: 'failure' })
  const fourth = await labelled(github, hurried, done)
  await fourth.plan()
  await fourth.code()
  await fourth.propose()
  await fourth.test()
  o.atMinutesAgo(9)
  await fourth.approve()
  await fourth.merge()
}

async function labelled(github: FakeGitHub, shift: Shift, wish: Wish): Promise<Work> {
  const work = await takeUp({ github, shift, starts: onTheirOwn(github) }, wish)
  await work.label()
  return work
}
