# A door for those who run node-gyp: the build itself is CMake's.
{
    'targets': [{
        'target_name': 'language_neurons',
        'type': 'none',
        'actions': [{
            'action_name': 'build',
            'inputs': ['CMakeLists.txt'],
            # never there: the action always runs, and does nothing when all is up to date
            'outputs': ['build/always'],
            'action': ['node', 'scripts/build/build.mjs'],
        }],
    }],
}
