// One delivery through the door, and how often the database is read for the streams that are open.
import { expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { openEventReader } from '../support/event-reader.ts'
import { organizationOf } from '../support/many-installations.ts'

/** The same database, and how often a board or an issue was read through it. */
function countReadings(database: Database) {
  const readings = { boards: 0, issues: 0 }
  const kysely = new Proxy(database.kysely, {
    get(target, name) {
      if (name === 'transaction') readings.boards += 1
      const found = Reflect.get(target, name, target)
      if (typeof found !== 'function') return found
      return (...words: readonly unknown[]) => {
        if (name === 'selectFrom' && words[0] === 'history') readings.issues += 1
        return Reflect.apply(found, target, words)
      }
    },
  })
  return { readings, database: { ...database, kysely } }
}

test('one delivery is read once for every place that shows it, and the streams of other places rest', async () => {
  const app = await openAndonApp({ organization: organizationOf(2) })
  const { github } = app
  const [first = '', second = ''] = github.repositories
  const label = (repository: string) => github.openIssue(repository, { title: 'Print it', labels: ['andon'] })
  const [issue, neighbour, stranger] = [await label(first), await label(first), await label(second)]
  await github.whenIdle()
  const counted = countReadings(app.database)
  const web = await app.startAnother(counted.database)
  const url = `http://127.0.0.1:${await web.listen()}`
  const open = (query: string) => openEventReader(`${url}/events?${query}`)
  const touched = [
    ...['', 'as=json', `repository=${first}`, `repository=${first}&as=json`],
    ...[`repository=${first}&issue=${issue}`, `repository=${first}&issue=${issue}&as=json`],
  ]
  const others = [
    `repository=${second}`,
    `repository=${second}&issue=${stranger}`,
    `repository=${first}&issue=${neighbour}`,
  ]
  const waking = await Promise.all(touched.map(open))
  const resting = await Promise.all(others.map(open))
  // What is asked for last is read last.
  for (const stream of [...waking, ...resting]) await stream.nextMessage('message')
  await fetch(`${url}/?sort=newest`)

  const before = { ...counted.readings }
  // GitHub's times are whole seconds.
  await app.idle(1)
  await github.editIssue(first, issue, { title: 'Print it twice' })
  for (const stream of waking) expect((await stream.nextMessage('message')).data).toContain('Print it twice')
  await fetch(`${url}/?sort=newest`)
  expect({
    boards: counted.readings.boards - before.boards,
    issues: counted.readings.issues - before.issues,
  }).toEqual({ boards: 2 + 1, issues: 1 })
  expect(resting.flatMap((stream) => stream.unread())).toEqual([])
  for (const stream of waking) stream.close()
  for (const stream of resting) stream.close()
  await app.close()
})
