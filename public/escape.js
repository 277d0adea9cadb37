// Escape takes back what was opened last: a message, the form of a hold, the search. The focus goes back to where it came from.

document.addEventListener('keydown', ({ key, target }) => {
  if (key !== 'Escape') return
  const message = document.querySelector('#toasts .toast:last-child')
  const form = target.closest('.cord details[open]')
  if (message) message.remove()
  else if (form) {
    form.open = false
    form.querySelector('summary').focus()
  } else if (target.closest('form.find') && !target.value) document.getElementById('main').focus()
})
