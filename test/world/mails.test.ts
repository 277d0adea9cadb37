// A reply by e-mail contains the message that it answers, also when that message gave a command.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { quotedMails } from './support/quoted-mails.ts'

const NOTIFICATION = 'Alice <notifications@github.com>'
const MAILS = {
  'Zoho Mail': `Thanks, looks good to me.\r\n\r\n\r\n---- On Tue, 20 Nov 2026 18:58:24 +0000 ${NOTIFICATION} wrote ----\r\n\r\nThe line stands still.\r\n/andon cancel\r\n`,
  Outlook: `Fine.\r\n\r\n________________________________\r\nFrom: ${NOTIFICATION}\r\nSent: Tuesday, November 20, 2026 6:58 PM\r\nTo: acme/widgets <widgets@noreply.github.com>\r\nSubject: Re: [acme/widgets] Issue\r\n\r\n/andon cancel\r\n`,
  'a copy of GitHub’s footer':
    'Ok.\r\n\r\n--\r\nReply to this email directly or view it on GitHub:\r\nhttps://github.com/acme/widgets/issues/14#issuecomment-1\r\n\r\n/andon cancel\r\n',
  'Yahoo Mail': `Yes\n\n\n    On Tuesday, November 20, 2026 at 06:58:24 PM GMT+1, ${NOTIFICATION} wrote:  \n \n  /andon cancel\n`,
  'a Japanese client': `了解しました。\n\n2026年11月20日(火) 18:58 ${NOTIFICATION}:\n\n/andon cancel\n`,
  'a Polish client': `Dzięki\n\nwt., 20 lis 2026 o 18:58 ${NOTIFICATION} napisał(a):\n\n/andon cancel\n`,
  'a client that marks nothing but its sender': `Good.\n\n${NOTIFICATION}\n\n/andon cancel\n`,
} as const

/** Clients that leave no blank line between the answer and the copy. */
const JOINED_MAILS = {
  'an attribution': 'Thanks!\nOn Tue Alice commented:\n/andon cancel\n',
  'a Portuguese attribution': 'Ok\r\nEm ter., 20 de nov. de 2026, Alice escreveu:\r\n/andon cancel\r\n',
  'a Chinese attribution': '好的\n在 2026年11月20日，Alice 写道：\n/andon cancel\n',
  'a header of Outlook in Japanese': 'はい\n差出人: Alice\n/andon cancel\n',
  'an address': `Yes\n${NOTIFICATION}, 20.11.2026\n/andon cancel\n`,
  'a rule': 'Yes\n________________________________\n/andon cancel\n',
  'an attribution in its first line': 'Alice schrieb am 20.11.2026:\n/andon cancel\n',
} as const

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.advance(60)
  expect(app.dispatched()).toEqual(['1/plan/1'])
})
afterEach(() => app.close())

const mail = (body: string, by = 'linus') => app.github.mail(app.repository, 1, body, by)
const cancels = () => app.github.writes.ofKind('cancel').length

describe('a reply by e-mail', () => {
  test.each(Object.entries(MAILS))('from %s: no reaction, no order, no reply', async (_, body) => {
    const id = await mail(body)
    await app.advance(60)
    expect({ cancels: cancels(), reactions: app.reactions(id), replies: await app.replies() }).toEqual({
      ...{ cancels: 0, reactions: [], replies: [] },
    })
  })

  test.each(Object.entries(MAILS))(
    'from %s, with an order in its first paragraph: only that is carried out',
    async (_, body) => {
      const id = await mail(body.replace(/^.*?(?=\r?\n)/u, '/andon hold no staff'))
      await app.advance(60)
      expect([cancels(), app.reactions(id)]).toEqual([0, ['rocket']])
      expect((await app.pipeline()).holdsAndReleases).toMatchObject([{ reason: 'no staff' }])
    },
  )

  test.each(Object.entries(JOINED_MAILS))('with %s and no blank line before it: no order', async (_, body) => {
    await mail(body)
    await app.advance(60)
    expect(cancels()).toBe(0)
  })

  test('that greets and orders in one paragraph is obeyed', async () => {
    await mail('Thanks, Alice.\n/andon cancel\n\n-- \nLinus')
    await app.advance(60)
    expect(cancels()).toBe(1)
  })

  test('whose orders are below its first paragraph is told so, and nothing is done', async () => {
    const id = await mail('Hello all,\n\n/andon cancel\n\nBest, Linus')
    await app.advance(60)
    expect([cancels(), app.reactions(id)]).toEqual([0, ['confused']])
    expect(await app.replies()).toEqual([
      '`/andon cancel` (linus): **ignored** – this comment came by e-mail, in which only the first paragraph counts.\n',
    ])
  })

  test('that both orders and goes on: the first is carried out, and the sender hears of the others', async () => {
    const id = await mail('/andon cancel\n\nPlease also\n\n/andon hold for good\n/andon start')
    await app.advance(60)
    expect([cancels(), app.reactions(id)]).toEqual([1, ['confused']])
    const [reply = ''] = await app.replies()
    expect(reply).toContain('`/andon cancel` (linus): **done**')
    expect(reply).toContain('`/andon hold for good` (linus), `/andon start` (linus): **ignored**')
  })

  test('cannot put an issue on the line by what it quotes', async () => {
    await app.github.openIssue(app.repository, { title: 'Another' })
    await app.github.mail(app.repository, 2, 'Sure.\n\nSomebody said:\n\n/andon start', 'linus')
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1'])
    expect(await app.database.kysely.selectFrom('pipelines').select('issueNumber').execute()).toEqual([
      { issueNumber: 1 },
    ])
  })

  test('of a stranger gets no more than a comment of theirs', async () => {
    const id = await mail('Hello,\n\n/andon cancel', 'passerby')
    await app.advance(60)
    expect([cancels(), app.reactions(id)]).toEqual([0, ['confused']])
  })
})

describe('a comment that was written on GitHub', () => {
  test.each(Object.keys(MAILS).filter((name) => name !== 'Outlook' && name !== 'Yahoo Mail'))(
    'and pastes what %s sent is obeyed: its author saw what they wrote',
    async (name) => {
      const id = await app.comment(MAILS[name as keyof typeof MAILS])
      await app.advance(60)
      expect([cancels(), app.reactions(id)]).toEqual([1, ['rocket']])
    },
  )

  test('and deleted before GitHub was asked orders nothing', async () => {
    const id = await app.comment('Hello,\n\n/andon cancel')
    await app.github.deleteComment(app.repository, id, 'linus')
    await app.advance(60)
    expect(cancels()).toBe(0)
  })

  test('may order in any paragraph, also to start', async () => {
    await app.github.openIssue(app.repository, { title: 'Another' })
    await app.comment('Hello all,\n\nplease do it.\n\n/andon start', { on: 2 })
    await app.advance(60)
    expect(app.dispatched()).toContain('2/plan/1')
  })
})

test('no mail carries out what it quotes, however it marks the quotation', async () => {
  const seed = randomSeed()
  const mails = quotedMails(seed, repetitions(30, 400))
  for (const body of mails) await mail(body)
  await app.advance(mails.length * 3 + 60)
  recordMeasurements('mails', { faults: mails.length, wrong: cancels() })
  expect(cancels()).toBe(0)
})
