"""Prints what a library (ELF, Mach-O or PE) says of itself, as JSON; tools.mjs has the fields."""

import json
import re
import sys

import lief


def newest(versions):
    return max(versions, key=lambda text: [int(part) for part in text.split(".")], default=None)


def read_elf(binary):
    asked = [(need.name, version) for need in binary.symbols_version_requirement
             for version in need.get_auxiliary_symbols()]
    owners = {version.other: name for name, version in asked}

    def owner(symbol):
        return owners.get(symbol.symbol_version.value & 0x7FFF) if symbol.has_version else None

    paths = [entry.paths for entry in binary.dynamic_entries
             if isinstance(entry, (lief.ELF.DynamicEntryRpath, lief.ELF.DynamicEntryRunPath))]
    return {
        "machine": binary.header.machine_type.name,
        "needs": list(binary.libraries),
        "folders": [folder for path in paths for folder in path if folder],
        "imports": [{"name": symbol.name, "library": owner(symbol),
                     "optional": symbol.binding == lief.ELF.Symbol.BINDING.WEAK}
                    for symbol in binary.dynamic_symbols if symbol.name and symbol.shndx == 0],
        "exports": [symbol.name for symbol in binary.exported_symbols if symbol.name],
        "glibc": newest(name[6:] for name in (version.name for _, version in asked)
                        if re.fullmatch(r"GLIBC_[\d.]+", name)),
        "system": None,
        "signed": None,
    }


def read_macho(binary):
    imports = []
    for symbol in binary.imported_symbols:
        library = symbol.binding_info.library if symbol.has_binding_info and symbol.binding_info.has_library else None
        imports.append({"name": symbol.name.removeprefix("_"), "library": library.name if library else None})
    return {
        "machine": binary.header.cpu_type.name,
        "needs": [library.name for library in binary.libraries
                  if library.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB],
        "folders": [rpath.path for rpath in binary.rpaths],
        "imports": imports,
        "exports": [symbol.name.removeprefix("_") for symbol in binary.exported_symbols],
        "glibc": None,
        "system": ".".join(str(part) for part in binary.build_version.minos[:2]) if binary.has_build_version else None,
        "signed": binary.has_code_signature,
    }


def read_pe(binary):
    libraries = list(binary.imports) + list(binary.delay_imports)
    return {
        "machine": binary.header.machine.name,
        "needs": [library.name for library in libraries],
        "folders": [],
        "imports": [{"name": entry.name, "library": library.name} for library in libraries for entry in library.entries],
        "exports": [entry.name for entry in binary.get_export().entries] if binary.has_exports else [],
        "glibc": None,
        "system": None,
        "signed": None,
    }


binary = lief.parse(sys.argv[1])
if binary is None:
    sys.exit(f"{sys.argv[1]}: no library")
format = binary.format.name
print(json.dumps({"format": format, **{"ELF": read_elf, "MACHO": read_macho, "PE": read_pe}[format](binary)}))
