// The result page: print it, or delete it for good.
for (const button of document.querySelectorAll('[data-print],[data-delete]')) {
  button.hidden = false;
  button.onclick = async () => {
    if ('print' in button.dataset) return print();
    if (button.dataset.sure) {
      button.disabled = true;
      try {
        const answer = await fetch(location.pathname, { method: 'DELETE' });
        if (answer.ok || answer.status == 404 || answer.status == 410) return location.assign('/');
      } catch {}
      button.disabled = false;
      button.textContent = '没有删成，请再点一次';
    } else {
      button.dataset.sure = 1;
      button.textContent = '确定删除？删除后不能恢复';
    }
  };
}
