// Before the first paint, so that nobody who chose dark is shown white.
(() => {
  try {
    const chosen = localStorage.getItem('metalwright.theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    // Without storage the system's preference holds.
  }
})();
