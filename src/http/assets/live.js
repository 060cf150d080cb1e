/* Progress that moves by itself. Each [data-live] names an address that sends events: {"percent":43,"text":"…"}; {"done":true} loads the page again. */
(function () {
  if (!window.EventSource) return;
  document.querySelectorAll('[data-live]').forEach(function (task) {
    var bar = task.querySelector('progress');
    var percent = task.querySelector('.task-percent');
    var text = task.querySelector('.task-text');
    var source = new EventSource(task.getAttribute('data-live'));
    source.onmessage = function (event) {
      var state = JSON.parse(event.data);
      if (state.done) {
        source.close();
        location.reload();
        return;
      }
      if (typeof state.percent === 'number') {
        bar.value = state.percent;
        percent.textContent = state.percent + '%';
      }
      if (state.text && text.textContent !== state.text) text.textContent = state.text;
    };
  });
})();
