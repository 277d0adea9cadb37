// The manifest is posted by the browser, because GitHub asks the person who is signed in there. Without this script the
// button does it.
document.getElementById('to-github').submit()
