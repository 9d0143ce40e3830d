import { createHash } from 'node:crypto';

/**
 * What the page's script adds; the page reads without it: tables sort by a click on a heading, figures are saved as SVG
 * and PNG, and hover texts show at once and on touch.
 */
export const pageScript = `
'use strict';
const make=(name,parts)=>Object.assign(document.createElement(name),parts);
for(const table of document.querySelectorAll('table')){
  const rows=[...table.tBodies[0].rows];
  if(rows.length<3||'fixed' in table.dataset)continue;
  [...table.tHead.rows[0].cells].forEach((heading,column)=>{
    const button=make('button',{type:'button',className:'sort'});
    button.append(...heading.childNodes);
    heading.append(button);
    button.onclick=()=>{
      const up=heading.getAttribute('aria-sort')!=='ascending';
      for(const other of table.tHead.rows[0].cells)other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort',up?'ascending':'descending');
      const value=row=>{const cell=row.cells[column],data=cell.querySelector('data');
        return data?Number(data.value):cell.textContent.trim()};
      rows.sort((a,b)=>{const[x,y]=[value(a),value(b)];
        const order=typeof x==='number'&&typeof y==='number'?x-y||isNaN(x)-isNaN(y):String(x).localeCompare(String(y));
        return up?order:-order});
      table.tBodies[0].append(...rows);
    };
  });
}
const save=(blob,name)=>{
  const link=make('a',{href:URL.createObjectURL(blob),download:name});
  document.body.append(link);link.click();link.remove();
  setTimeout(()=>URL.revokeObjectURL(link.href),60000);
};
for(const list of document.querySelectorAll('.downloads')){
  const svg=list.closest('section').querySelector('figure svg'),{name}=list.dataset;
  if(!svg)continue;
  const text=()=>new Blob([new XMLSerializer().serializeToString(svg)],{type:'image/svg+xml'});
  const png=()=>{
    const image=new Image(),url=URL.createObjectURL(text()),{width,height}=svg.viewBox.baseVal;
    image.onload=()=>{
      const canvas=make('canvas',{width:2*width,height:2*height});
      canvas.getContext('2d').drawImage(image,0,0,2*width,2*height);
      URL.revokeObjectURL(url);
      canvas.toBlob(blob=>save(blob,name+'.png'));
    };
    image.src=url;
  };
  list.prepend(
    make('button',{type:'button',textContent:'SVG',onclick:()=>save(text(),name+'.svg')}),
    make('button',{type:'button',textContent:'PNG',onclick:png}));
}
const tip=make('div',{className:'tip',hidden:true});
document.body.append(tip);
for(const title of document.querySelectorAll('figure svg title')){
  const mark=title.parentNode;
  mark.dataset.tip=title.textContent;
  title.remove();
}
document.addEventListener('pointerover',event=>{
  const text=event.target.dataset?.tip;
  tip.hidden=!text;
  if(!text)return;
  tip.textContent=text;
  const box=event.target.getBoundingClientRect();
  tip.style.left=Math.max(4,Math.min(innerWidth-tip.offsetWidth-4,box.left))+'px';
  tip.style.top=(box.bottom+tip.offsetHeight+8>innerHeight?box.top-tip.offsetHeight-6:box.bottom+6)+'px';
});
addEventListener('scroll',()=>tip.hidden=true,{passive:true});
`;

/** Lets the browser run this script alone, and load nothing. */
export const contentPolicy =
    `default-src 'none'; style-src 'unsafe-inline'; img-src blob:; ` +
    `script-src 'sha256-${createHash('sha256').update(pageScript).digest('base64')}'`;
